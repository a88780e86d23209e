import { ownCopy, type Subject } from '@seawall/codecs';
import { topicNameFault, type Rejection } from '@seawall/model';
import type { CountedFault } from './bounded-faults.ts';

const MAX_KEPT = 512;

/**
 * A fault with where it came from and when, as it is kept. A message may bring thousands of them, so nothing
 * in one is as long as a sender likes.
 * @param subject of the topic or the request, for a fault that has none of its own
 */
export function rejectionOf(
  { subject: own, ...fault }: CountedFault,
  topic: string,
  subject: Subject,
  receivedAt: number,
): Rejection {
  const { domain, device } = own ?? subject;
  return {
    ...fault,
    pointer: beginning(fault.pointer),
    topic: beginning(topic),
    ...(isName(device) && { device }),
    ...(isName(domain) && { domain }),
    receivedAt,
  };
}

/** A topic may be 64 kB long, a pointer as long as the message. */
function beginning(text: string): string {
  return text.length <= MAX_KEPT ? text : ownCopy(text.slice(0, MAX_KEPT));
}

/** What is none is no subject that anybody could ask for. */
function isName(name: string | undefined): name is string {
  return name !== undefined && topicNameFault(name) === undefined;
}
