import type { JournalEntry, Origin } from '@seawall/ports';
import { cursorAfter } from '@seawall/ports';
import type { StreamEvent } from './event-stream.ts';

/** Changes of alerts as they are published: pending is seen in lists only, and replays notify nobody unless asked. */
export function alertEvents(origins: ReadonlySet<Origin>): (entry: JournalEntry) => Iterable<StreamEvent> {
  return function* (entry) {
    if (entry.kind !== 'transition' || !origins.has(entry.origin)) return;
    const { to, alert } = entry.payload;
    if (to === 'firing' || to === 'resolved') yield { event: 'alert', id: cursorAfter(entry), data: alert };
  };
}
