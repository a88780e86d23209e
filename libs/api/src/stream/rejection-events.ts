import type { RejectionReason } from '@seawall/model';
import type { JournalEntry, Origin } from '@seawall/ports';
import { cursorAfter } from '@seawall/ports';
import { rejectionView } from '../http/views.ts';
import type { Admits } from './admits.ts';
import type { StreamEvent } from './event-stream.ts';

export interface RejectionFilter {
  readonly domain: Admits;
  readonly device: Admits;
  /** Undefined: every one. */
  readonly reasons: ReadonlySet<RejectionReason> | undefined;
  readonly origins: ReadonlySet<Origin>;
}

/** Input that could not be used, one event each, as the list of rejections shows it, with the `id` it has there. */
export function rejectionEvents(filter: RejectionFilter): (entry: JournalEntry) => Iterable<StreamEvent> {
  return function* (entry) {
    if (entry.kind !== 'rejections' || !filter.origins.has(entry.origin)) return;
    const wanted = entry.payload
      .map((rejection, place) => ({ id: `${entry.seq}-${place}`, ...rejection }))
      .filter(({ domain, device, reason }) => filter.domain(domain) && filter.device(device) && isReason(reason));
    for (const [i, rejection] of wanted.entries()) {
      const last = i === wanted.length - 1;
      yield { event: 'rejection', ...(last && { id: cursorAfter(entry) }), data: rejectionView(rejection) };
    }
  };

  function isReason(reason: RejectionReason): boolean {
    return filter.reasons?.has(reason) ?? true;
  }
}
