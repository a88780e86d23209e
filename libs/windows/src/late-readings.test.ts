import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WINDOW_AGGREGATES } from '@seawall/model';
import { readings, tick, TIMING, type Row } from './testing.ts';
import { WindowSet } from './window-set.ts';
import type { WindowInput, WindowResult, WindowTiming, WindowView } from './window-types.ts';

const SECOND = 1000;
const DELAY = 60 * SECOND;
const LATENESS = 120 * SECOND;
const END = 10_000 * SECOND;

interface Reading {
  readonly device: string;
  readonly second: number;
  readonly value: number;
  /** How long it is under way. */
  readonly lag: number;
  readonly mark: number;
}

const reading = fc.record({
  device: fc.constantFrom('a', 'b', 'c'),
  // At the edges of windows and segments more often than not.
  second: fc.oneof(
    fc.integer({ min: 0, max: 400 }),
    fc.integer({ min: 0, max: 40 }).map((n) => n * 10),
    fc.integer({ min: 0, max: 6 }).map((n) => n * 60 + 30),
  ),
  value: fc.oneof(fc.integer({ min: -3, max: 30 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 })),
  // Within the delay, within what is allowed besides, and later than that.
  lag: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 220 }),
    fc.integer({ min: 61, max: 175 }),
  ),
  mark: fc.constantFrom(0, 2, 2),
});

const aggregate = fc.constantFrom(...WINDOW_AGGREGATES, 'p50' as const);
const shape = fc.constantFrom(
  { window: '1m' },
  { window: '10s' },
  { window: '90s' },
  { window: '2m', every: '30s' },
  { window: '6m', every: '90s' },
  { window: '1h' },
  { session: '20s' },
  { session: '45s' },
  { session: '100s' },
);
const view: fc.Arbitrary<WindowView> = fc.tuple(aggregate, shape).map(([of, each]) => ({ aggregate: of, ...each }));

const flow = fc.record({
  all: fc.array(reading, { maxLength: 60, size: 'max' }),
  again: fc.array(fc.record({ of: fc.nat(49), lag: fc.integer({ min: 0, max: 200 }), value: fc.option(fc.integer()) })),
  views: fc.array(view, { minLength: 1, maxLength: 3 }),
  size: fc.integer({ min: 1, max: 9 }),
  grouped: fc.boolean(),
  // Of the latter two, the first lies 15 minutes, the second 30 seconds off the hour.
  timeZone: fc.constantFrom('UTC', 'Asia/Kathmandu', 'Africa/Monrovia'),
});
type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;

/** As they come in: batch by batch, some of them twice. */
function batchesOf({ all, again, size }: Flow): Reading[][] {
  const twice = again.flatMap(({ of, lag, value }) => {
    const first = all[of];
    return first === undefined ? [] : [{ ...first, lag: first.lag + lag, value: value ?? first.value }];
  });
  const arriving = [...all, ...twice].sort((a, b) => a.second + a.lag - b.second - b.lag);
  return Array.from({ length: Math.ceil(arriving.length / size) }, (_, i) => arriving.slice(i * size, (i + 1) * size));
}

/** By the definition: which of them are taken in. Nobody becomes idle before the end. */
function taken(batches: readonly (readonly Reading[])[], grouped: boolean): { kept: Reading[]; late: number } {
  const kept = new Map<string, Reading>();
  const newest = new Map<string, Map<string, number>>();
  const watermarks = new Map<string, number>();
  let late = 0;
  for (const batch of batches) {
    for (const each of batch) {
      const scope = scopeOf(each, grouped);
      if (each.second * SECOND < (watermarks.get(scope) ?? -Infinity) - LATENESS) {
        late++;
        continue;
      }
      const key = `${each.device}@${each.second}`;
      kept.set(key, { ...each, mark: Math.max(each.mark, kept.get(key)?.mark ?? 0) });
      const members = newest.get(scope) ?? new Map<string, number>();
      newest.set(scope, members);
      members.set(each.device, Math.max(members.get(each.device) ?? -Infinity, each.second * SECOND));
    }
    for (const [scope, members] of newest) {
      const reached = Math.min(...members.values()) - DELAY;
      watermarks.set(scope, Math.max(watermarks.get(scope) ?? -Infinity, reached));
    }
  }
  return { kept: [...kept.values()].sort((a, b) => a.second - b.second), late };
}

const scopeOf = ({ device }: Reading, grouped: boolean) => (grouped ? 'all' : device);

function setOf(views: readonly WindowView[], timing: WindowTiming): WindowSet {
  const set = new WindowSet(timing);
  for (const each of views) set.view(each);
  return set;
}

const timingOf = ({ timeZone }: Flow): WindowTiming => ({
  ...TIMING,
  timeZone,
  delayMs: DELAY,
  allowedLatenessMs: LATENESS,
});

/** Readings of one batch have one mark, so a batch is cut where it changes. */
function inputsOf(windows: WindowSet, batch: readonly Reading[], grouped: boolean): WindowInput {
  const rows = batch.map((each): Row => [scopeOf(each, grouped), each.device, each.second * SECOND, each.value]);
  return readings(windows, rows, 0, batch[0]!.mark);
}

function oneMark(batches: readonly (readonly Reading[])[]): Reading[][] {
  return batches.flatMap((batch) => {
    const cut: Reading[][] = [];
    for (const each of batch) {
      if (cut.at(-1)?.[0]?.mark === each.mark) cut.at(-1)!.push(each);
      else cut.push([each]);
    }
    return cut;
  });
}

function run(windows: WindowSet, batches: readonly Reading[][], grouped: boolean): WindowResult[] {
  const results = batches.flatMap((batch) => windows.push(inputsOf(windows, batch, grouped)));
  return [...results, ...windows.push(tick(END)), ...windows.push(tick(END + 100_000 * SECOND))];
}

const keyOf = ({ scope, view: of, start }: WindowResult) => `${scope} ${of} ${start}`;

/** What stands in the end, by scope, view and start. */
function standing(results: readonly WindowResult[]): Map<string, WindowResult> {
  const found = new Map<string, WindowResult>();
  for (const result of results) {
    for (const start of result.replaces ?? []) expect(found.delete(keyOf({ ...result, start }))).toBe(true);
    const before = found.get(keyOf(result));
    // Not given out again unless it has changed, and then with the next revision.
    if (before === undefined) expect(result.revision).toBe(1);
    else {
      expect(result.revision).toBe(before.revision + 1);
      expect([result.value, result.count, result.end, result.replaces]).not.toEqual([
        before.value,
        before.count,
        before.end,
        undefined,
      ]);
    }
    found.set(keyOf(result), result);
  }
  return found;
}

/** A revision says nothing of how often it came, nor of marks that a reading brought which changed nothing else. */
function bare(standingWindows: Map<string, WindowResult>): [string, number, number, number][] {
  return [...standingWindows.entries()]
    .map(([key, { end, value, count }]): [string, number, number, number] => [key, end, value, count])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('late readings', () => {
  it('make the windows what they would be had all come in order, bit for bit; later ones change nothing', () => {
    let [windowsSeen, revised, lateSeen] = [0, 0, 0];
    fc.assert(
      fc.property(flow, (each) => {
        const batches = oneMark(batchesOf(each));
        const { kept, late } = taken(batches, each.grouped);
        const windows = setOf(each.views, timingOf(each));
        const found = bare(standing(run(windows, batches, each.grouped)));
        const inOrder = setOf(each.views, { ...timingOf(each), delayMs: END, allowedLatenessMs: 0 });
        const expected = bare(standing(run(inOrder, kept.length === 0 ? [] : [kept], each.grouped)));
        expect(found).toEqual(expected);
        expect(windows.lateReadings).toBe(late);
        expect(windows.heldReadings()).toBe(0);
        windowsSeen += found.length;
        revised += windows.revisedWindows;
        lateSeen += late;
      }),
      { numRuns: 80 },
    );
    expect(windowsSeen).toBeGreaterThan(500);
    expect(revised).toBeGreaterThan(10);
    expect(lateSeen).toBeGreaterThan(0);
  });

  it('give the same results, in the same order, wherever the state was saved and restored', () => {
    let finals = 0;
    fc.assert(
      fc.property(flow, fc.array(step, { minLength: 1, maxLength: 20 }), (each, steps) => {
        const batches = oneMark(batchesOf(each));
        const undisturbed = lived(each, batches, steps, false);
        expect(lived(each, batches, steps, true)).toEqual(undisturbed);
        finals += undisturbed.length;
      }),
      { numRuns: 40 },
    );
    expect(finals).toBeGreaterThan(300);
  });

  /** What lies between two batches. */
  const step = fc.record({
    restart: fc.boolean(),
    /** Ticks, each so many seconds after the one before: more than 300 of silence make idle. */
    ticks: fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 400 })), { maxLength: 2 }),
  });
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function lived(
    each: Flow,
    batches: readonly Reading[][],
    steps: readonly Step[],
    restarting: boolean,
  ): WindowResult[] {
    let windows = setOf(each.views, timingOf(each));
    let clock = 0;
    const results: WindowResult[] = [];
    batches.forEach((batch, i) => {
      const { restart, ticks } = steps[i % steps.length]!;
      if (restarting && restart) windows = new WindowSet(timingOf(each), structuredClone(windows.save()));
      for (const seconds of ticks) {
        clock += seconds * SECOND;
        results.push(...windows.push(tick(clock)));
      }
      results.push(...windows.push({ ...inputsOf(windows, batch, each.grouped), clock }));
    });
    if (restarting) windows = new WindowSet(timingOf(each), structuredClone(windows.save()));
    for (const seconds of [400, 1, 100, 100_000]) results.push(...windows.push(tick((clock += seconds * SECOND))));
    return results;
  }
});
