import { createEngine } from '@seawall/alerts';
import type { AlertTransition, ReadingBatch, Rule } from '@seawall/model';
import type { JournalEntry } from '@seawall/ports';
import { bySeries, Picks, WindowSet, type WindowInput } from '@seawall/windows';
import { median } from '../statistics.ts';
import { bareLoop } from './bare-loop.ts';
import { deviceName, Entries, processorSeconds, secondOfBatches, SERIES, START_MS, valueAt } from './window-load.ts';

export interface WindowsSpeed {
  readonly batch: number;
  /** Values a second of processor time: rules as they run, from the entry to the state of the alert. */
  readonly throughRules: number;
  /** The same through the sets of windows alone. */
  readonly throughSets: number;
  /** The same through a loop that does no more than must be done. */
  readonly bare: number;
}

const MINUTES = 15;
/** Until all code is compiled as it stays: a hub runs for months. */
const WARM_UPS = 3;
const ROUNDS = 5;
const AGGREGATES = ['mean', 'max'] as const;
/** Above every mean and every value but those of the last device. */
const NEVER = 1_000_000;

/** A 1-minute tumbling mean and maximum of each of ten thousand series; every value goes into both. */
export function measureWindows(): WindowsSpeed[] {
  return [1_000, 10_000].map((size) => {
    const batches = Array.from({ length: MINUTES * 60 }, (_, second) => secondOfBatches(second, size)).flat();
    // By turns, so that neighbours disturb all alike.
    const rounds = Array.from({ length: WARM_UPS + ROUNDS }, () => [
      throughRules(batches, size),
      throughSets(batches, size),
      bareLoop(batches, size),
    ]);
    const [ofRules, ofSets, ofBare] = [0, 1, 2].map((way) =>
      median(rounds.slice(WARM_UPS).map((round) => round[way]!)),
    );
    const values = batches.length * size;
    return {
      batch: size,
      throughRules: Math.round(values / ofRules!),
      throughSets: Math.round(values / ofSets!),
      bare: Math.round(values / ofBare!),
    };
  });
}

/** @returns seconds of processor time @throws Error if the windows did not decide what they hold */
function throughRules(batches: readonly ReadingBatch[], size: number): number {
  const last = batches.at(-SERIES / size - 1)!;
  // The second before the last one lies in the last window; its first device is seen to be far above.
  const spiked = { ...last, value: last.value.map((value, i) => (i === 0 ? 2 * NEVER : value)) };
  const all = batches.map((batch) => (batch === last ? spiked : batch));
  const entries = new Entries();
  const engine = createEngine();
  for (const entry of entries.beginning(rules())) engine.feed(entry);
  const fed = entriesOf(all, size, entries);
  const fired: AlertTransition[] = [];
  const take = (entry: JournalEntry) => {
    for (const draft of engine.feed(entry)) if (draft.kind === 'transition') fired.push(draft.payload);
  };
  const seconds = processorSeconds(() => fed.forEach(take));
  // A minute further on, so that the last window ends.
  for (const batch of secondOfBatches((MINUTES + 1) * 60, size))
    take(entries.readings(batch, START_MS + (MINUTES + 2) * 60_000));
  const { device } = last.series[0]!;
  const seen = fired.map(({ alert }) => `${alert.rule} ${alert.labels.device} ${alert.state}`).join(', ');
  if (seen !== `max ${device} firing`) throw new Error(`The rules decided otherwise than their windows hold: ${seen}.`);
  return seconds;
}

function rules(): Rule[] {
  return AGGREGATES.map((aggregate) => ({
    id: aggregate,
    severity: 'info',
    when: { domain: 'traffic', metric: 'flow', aggregate, window: '1m', above: NEVER },
  }));
}

/** With a tick each second, as in a journal. */
function entriesOf(batches: readonly ReadingBatch[], size: number, entries: Entries): JournalEntry[] {
  const aSecond = SERIES / size;
  return batches.flatMap((batch, i) => {
    const stamp = START_MS + Math.floor(i / aSecond) * 1000 + 1000;
    const reading = entries.readings(batch, stamp);
    return (i + 1) % aSecond === 0 ? [reading, entries.tick(stamp)] : [reading];
  });
}

/** @returns seconds of processor time @throws Error if a window does not hold what it should */
function throughSets(batches: readonly ReadingBatch[], size: number): number {
  const set = new WindowSet({ timeZone: 'UTC', delayMs: 10_000, idleAfterMs: 60_000, allowedLatenessMs: 60_000 });
  for (const aggregate of AGGREGATES) set.view({ aggregate, window: '1m' });
  const picks = picksOf(set, batches);
  const aSecond = SERIES / size;
  let results = 0;
  let checked = 0;
  const take = (input: WindowInput) => {
    const given = set.push(input);
    results += given.length;
    for (const { scope, view, start, value } of given) {
      if (scope !== deviceName(7)) continue;
      checked++;
      if (Math.abs(value - expected(AGGREGATES[view]!, 7, start)) > 1e-9)
        throw new Error(`The window at ${start} holds ${value}.`);
    }
  };
  const seconds = processorSeconds(() => {
    batches.forEach((batch, i) => {
      const clock = START_MS + Math.floor(i / aSecond) * 1000 + 1000;
      const at = { clock, stamp: clock };
      take({ kind: 'readings', runs: bySeries(batch), picks: picks[i % aSecond]!, once: true, mark: 0, ...at });
      if ((i + 1) % aSecond === 0) take({ kind: 'tick', clock, stamp: clock });
    });
  });
  const wanted = SERIES * (MINUTES - 1) * AGGREGATES.length;
  if (results !== wanted || checked === 0) throw new Error(`The windows gave ${results} results, not ${wanted}.`);
  return seconds;
}

/** For the batches of one second, which repeat. */
function picksOf(set: WindowSet, batches: readonly ReadingBatch[]): Picks[] {
  const aSecond = SERIES / batches[0]!.series.length;
  return batches.slice(0, aSecond).map(({ series }) => {
    const picks = new Picks();
    series.forEach(({ device }, i) => picks.add(set.member(device, device), i));
    return picks;
  });
}

function expected(aggregate: (typeof AGGREGATES)[number], series: number, start: number): number {
  const first = (start - START_MS) / 1000;
  const values = Array.from({ length: 60 }, (_, i) => valueAt(series, first + i));
  return aggregate === 'max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / 60;
}
