import type { ReadingBatch, Rule, Series } from '@seawall/model';
import { ENTRY_VERSION, type EntryDraft, type JournalEntry } from '@seawall/ports';

export const SERIES = 10_000;
export const START_MS = Date.UTC(2026, 8, 21);
const LABELS = { district: 'harbour', type: 'roadside' };

export const deviceName = (i: number) => `loop-${i.toString().padStart(5, '0')}`;

const allSeries: readonly Series[] = Array.from({ length: SERIES }, (_, i) => ({
  domain: 'traffic',
  device: deviceName(i),
  metric: 'flow',
}));

/** What a value is, so that anyone can tell what a window of them comes to. */
export function valueAt(series: number, second: number): number {
  return ((series * 7 + second * 13) % 1000) / 10;
}

/**
 * A reading a second of each series, in columns as the gateway makes them.
 * @param second since `START_MS`
 * @param size readings in a batch; divides the number of series
 */
export function secondOfBatches(second: number, size: number): ReadingBatch[] {
  return Array.from({ length: SERIES / size }, (_, part) => {
    const first = part * size;
    const time = START_MS + second * 1000;
    return {
      series: allSeries.slice(first, first + size),
      labels: allSeries.slice(first, first + size).map(() => LABELS),
      seriesIndex: Uint32Array.from({ length: size }, (_, i) => i),
      eventTime: Float64Array.from({ length: size }, (_, i) => time + Math.floor(((first + i) * 1000) / SERIES)),
      value: Float64Array.from({ length: size }, (_, i) => valueAt(first + i, second)),
      flags: new Uint8Array(size),
    };
  });
}

/** Makes entries as the journal hands them out. */
export class Entries {
  #seq = 0;

  make(draft: EntryDraft, stamp: number): JournalEntry {
    return { ...draft, version: ENTRY_VERSION, partition: 0, seq: ++this.#seq, stamp };
  }

  readings(batch: ReadingBatch, stamp: number): JournalEntry {
    return this.make({ kind: 'readings', origin: 'live', payload: batch }, stamp);
  }

  tick(stamp: number): JournalEntry {
    return this.make({ kind: 'tick', origin: 'live', payload: null }, stamp);
  }

  /** What the hub says of itself, and its rules. */
  beginning(rules: readonly Rule[]): JournalEntry[] {
    const timing = { timeZone: 'UTC', delayMs: 10_000, idleAfterMs: 60_000, allowedLatenessMs: 60_000 };
    return [
      this.make({ kind: 'hub-start', origin: 'live', payload: { version: 'bench', ...timing } }, START_MS),
      ...rules.map((rule) =>
        this.make(
          { kind: 'rule', origin: 'live', payload: { id: rule.id, version: 1, rule, source: 'api' } },
          START_MS,
        ),
      ),
    ];
  }
}

/** Seconds of processor time of all threads, so that busy neighbours do not count, and the collector of garbage does. */
export function processorSeconds(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
