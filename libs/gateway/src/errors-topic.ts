import { formatRfc3339 } from '@seawall/calendar';
import { firstCharacters, topicNameFault, type Rejection } from '@seawall/model';
import { REJECTION_TITLES } from './rejection-titles.ts';

const INTERVAL_MS = 1000;
/** Characters of a client id in a topic, before they are encoded. */
const LONGEST_LEVEL = 128;
/** Devices and reasons answered at the same time; what comes beyond is journalled and counted, but not answered. */
const MAX_OPEN = 10_000;

export interface ErrorsTopicOptions {
  readonly tenant: string;
  readonly publish: (topic: string, payload: string) => void;
  /** Ms of a clock that nobody sets: one set back would silence the answers until it has caught up. */
  readonly elapsed: () => number;
}

/** Rejections of one sender for one reason within the second after an answer. */
interface Held {
  readonly topic: string;
  until: number;
  count: number;
  last: Rejection;
}

/**
 * Tells senders why their input was not used: at once, then at most once a second for each device and reason, with
 * how many there were since the last answer.
 */
export class ErrorsTopic {
  readonly #held = new Map<string, Held>();
  readonly #options: ErrorsTopicOptions;

  constructor(options: ErrorsTopicOptions) {
    this.#options = options;
  }

  /** @param clientId who sent it; used when the topic names no device */
  answer(rejection: Rejection, clientId: string): void {
    const topic = this.#topicOf(rejection, clientId);
    const key = `${topic}\u0000${rejection.reason}`;
    const held = this.#held.get(key);
    if (held !== undefined) {
      held.count++;
      held.last = rejection;
      if (this.#options.elapsed() >= held.until) this.#send(held);
      return;
    }
    if (this.#held.size >= MAX_OPEN) return;
    const first: Held = { topic, until: -Infinity, count: 1, last: rejection };
    this.#held.set(key, first);
    this.#send(first);
  }

  /** Sends what was held back for a second, and forgets who was quiet that long. To be called every second. */
  sweep(): void {
    const now = this.#options.elapsed();
    for (const [key, held] of this.#held) {
      if (now < held.until) continue;
      if (held.count === 0) this.#held.delete(key);
      else this.#send(held);
    }
  }

  #send(held: Held): void {
    this.#options.publish(held.topic, JSON.stringify(problemDocument(held.last, held.count)));
    held.count = 0;
    held.until = this.#options.elapsed() + INTERVAL_MS;
  }

  #topicOf({ domain, device }: Rejection, clientId: string): string {
    const { tenant } = this.#options;
    return domain !== undefined && device !== undefined
      ? `${tenant}/${domain}/${device}/errors`
      : `${tenant}/clients/${topicLevel(clientId)}/errors`;
  }
}

/** A client id as one level of a topic: what is forbidden there is percent-encoded. */
export function topicLevel(clientId: string): string {
  if (topicNameFault(clientId) === undefined && !clientId.includes('%')) return clientId;
  // Halves of surrogate pairs become U+FFFD on the way through UTF-8.
  const whole = Buffer.from(firstCharacters(clientId, LONGEST_LEVEL)).toString();
  return (
    whole.replace(/[%/+#$\\\u0000-\u001f\u007f-\u009f]/g, (character) =>
      encodeURIComponent(character).replace('$', '%24'),
    ) || '_'
  );
}

/** RFC 9457, with what a device's developer needs to find the place. */
function problemDocument(rejection: Rejection, count: number): object {
  const { reason, detail, topic, pointer, receivedAt, sample } = rejection;
  const title = REJECTION_TITLES[reason];
  return {
    type: `urn:seawall:rejection:${reason}`,
    title,
    detail,
    reason,
    topic,
    pointer,
    receivedAt: formatRfc3339(receivedAt),
    sample,
    count,
  };
}
