import { ReadingFlag, type ReadingBatch, type Series } from '@seawall/model';
import type { EntryOf, JournalEntry, Origin } from '@seawall/ports';
import { cursorAfter } from '@seawall/ports';
import type { Admits } from './admits.ts';
import type { StreamEvent } from './event-stream.ts';

export interface LiveFilter {
  readonly domain: Admits;
  readonly device: Admits;
  readonly metric: Admits;
  readonly origins: ReadonlySet<Origin>;
}

/** Readings in one event at most; a larger entry is several events. */
const MAX_READINGS = 5000;

/** Readings as they are accepted, in columns: `seriesIndex[i]`, `time[i]` and `value[i]` are one reading. */
export function liveEvents(filter: LiveFilter): (entry: JournalEntry) => Iterable<StreamEvent> {
  return function* (entry) {
    if (entry.kind !== 'readings' || !filter.origins.has(entry.origin)) return;
    const rows = matchingRows(entry.payload, filter);
    for (let at = 0; at < rows.length; at += MAX_READINGS) yield part(entry, rows, at);
  };
}

function matchingRows({ series, seriesIndex }: ReadingBatch, filter: LiveFilter): Uint32Array {
  const wanted = series.map((one) => matches(one, filter));
  const rows = new Uint32Array(seriesIndex.length);
  let length = 0;
  for (let i = 0; i < seriesIndex.length; i++) if (wanted[seriesIndex[i]!]) rows[length++] = i;
  return rows.subarray(0, length);
}

function matches({ domain, device, metric }: Series, filter: LiveFilter): boolean {
  return filter.domain(domain) && filter.device(device) && filter.metric(metric);
}

function part(entry: EntryOf<'readings'>, rows: Uint32Array, from: number): StreamEvent {
  const { series, labels, seriesIndex, eventTime, value, flags } = entry.payload;
  const to = Math.min(from + MAX_READINGS, rows.length);
  const data = {
    stamp: entry.stamp,
    series: [] as unknown[],
    seriesIndex: [] as number[],
    time: [] as number[],
    value: [] as number[],
  };
  const sent = new Map<number, number>();
  const outOfRange: number[] = [];
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    const index = seriesIndex[row]!;
    let short = sent.get(index);
    if (short === undefined) {
      short = data.series.push({ ...series[index]!, labels: labels[index]! }) - 1;
      sent.set(index, short);
    }
    if (flags[row]! & ReadingFlag.outOfRange) outOfRange.push(i - from);
    data.seriesIndex.push(short);
    data.time.push(eventTime[row]!);
    data.value.push(value[row]!);
  }
  return {
    event: 'readings',
    ...(to === rows.length && { id: cursorAfter(entry) }),
    data: outOfRange.length > 0 ? { ...data, outOfRange } : data,
  };
}
