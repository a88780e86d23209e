import { formatRfc3339 } from '@seawall/calendar';
import type { JournalEntry, Origin } from '@seawall/ports';
import { cursorAfter } from '@seawall/ports';
import { labelHistoryView } from '../http/views.ts';
import type { Admits } from './admits.ts';
import type { StreamEvent } from './event-stream.ts';

export interface DeviceFilter {
  readonly device: Admits;
  readonly origins: ReadonlySet<Origin>;
}

/** Devices as they are first seen, described, and change their status; what did not change is left out. */
export function deviceEvents(filter: DeviceFilter): (entry: JournalEntry) => Iterable<StreamEvent> {
  return function* (entry) {
    if (entry.kind !== 'device' || !filter.origins.has(entry.origin) || !filter.device(entry.payload.device)) return;
    const { device, domain, description, labelSpans, metrics, status, receivedAt } = entry.payload;
    const data = {
      device,
      ...(domain !== undefined && { domain }),
      ...(description && { description }),
      ...(labelSpans && { labels: labelSpans.at(-1)!.labels, labelHistory: labelHistoryView(labelSpans) }),
      ...(metrics && { metrics }),
      ...(status && { status }),
      receivedAt: formatRfc3339(receivedAt),
    };
    yield { event: 'device', id: cursorAfter(entry), data };
  };
}
