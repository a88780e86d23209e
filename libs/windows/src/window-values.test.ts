import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentOf, WINDOW_AGGREGATES, type WindowAggregate } from '@seawall/model';
import { SKETCH_RELATIVE_ERROR } from './aggregates/index.ts';
import { HOUR, MINUTE, readings, tick, windowsOf, type Row } from './testing.ts';
import type { WindowSet } from './window-set.ts';

const DELAY = 7 * MINUTE;
const CLOSE = 1e-9;

interface Reading {
  readonly device: string;
  readonly minute: number;
  readonly value: number;
  readonly lag: number;
}

type Lengths = readonly [window: number, every: number] | { readonly session: number };

const reading = fc.record({
  device: fc.constantFrom('a', 'b', 'c'),
  // At the edges of slices and segments more often than not.
  minute: fc.oneof(
    fc.integer({ min: 0, max: 180 }),
    fc.integer({ min: 0, max: 36 }).map((n) => n * 5),
  ),
  value: fc.oneof(fc.integer({ min: -20, max: 300 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 })),
  lag: fc.integer({ min: 0, max: DELAY / MINUTE - 1 }),
});
const several = fc.uniqueArray(reading, { selector: (r) => `${r.device}@${r.minute}`, maxLength: 60 });
const lengths = fc.constantFrom<Lengths>([10, 10], [10, 5], [30, 10], [60, 60], [7, 1], { session: 3 }, { session: 7 });

/** By the definitions alone: every window from every reading, one after the other. */
function bruteForce(all: readonly Reading[], aggregate: WindowAggregate, lengths: Lengths): Map<number, number> {
  const inOrder = [...all].sort((a, b) => a.minute - b.minute || (a.device < b.device ? -1 : 1));
  const results = new Map<number, number>();
  for (const [start, end] of 'session' in lengths ? sessions(inOrder, lengths.session) : grid(...lengths)) {
    const inside = inOrder.filter(({ minute }) => minute >= start && minute < end);
    const value = inside.length === 0 ? null : valueOf(aggregate, inside, inOrder, (end - start) * 60);
    if (value !== null) results.set(start, value);
  }
  return results;
}

function grid(window: number, every: number): [start: number, end: number][] {
  const starts = Array.from({ length: 181 + window }, (_, i) => i - window);
  return starts.filter((start) => start % every === 0).map((start) => [start, start + window]);
}

function sessions(inOrder: readonly Reading[], gap: number): [start: number, end: number][] {
  const firsts = inOrder.filter(({ minute }, i) => i === 0 || minute - inOrder[i - 1]!.minute >= gap);
  return firsts.map(({ minute: start }, i) => {
    const next = firsts[i + 1]?.minute ?? Infinity;
    return [start, inOrder.findLast(({ minute }) => minute < next)!.minute + gap];
  });
}

function valueOf(
  aggregate: WindowAggregate,
  inside: readonly Reading[],
  all: readonly Reading[],
  seconds: number,
): number | null {
  const values = inside.map(({ value }) => value);
  const sum = values.reduce((a, b) => a + b);
  switch (aggregate) {
    case 'count':
      return values.length;
    case 'sum':
      return sum;
    case 'mean':
      return sum / values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'first':
      return Math.max(...inside.filter((r) => r.minute === inside[0]!.minute).map((r) => r.value));
    case 'last':
      return Math.max(...inside.filter((r) => r.minute === inside.at(-1)!.minute).map((r) => r.value));
    case 'stddev': {
      const mean = sum / values.length;
      const squares = values.reduce((total, x) => total + (x - mean) ** 2, 0);
      return values.length < 2 ? null : Math.sqrt(squares / (values.length - 1));
    }
    case 'rate': {
      const increases = inside.flatMap((now) => {
        const before = all.filter((r) => r.device === now.device && r.minute < now.minute).at(-1);
        if (before === undefined) return [];
        return [now.value >= before.value ? now.value - before.value : Math.max(0, now.value)];
      });
      return increases.length === 0 ? null : increases.reduce((a, b) => a + b) / seconds;
    }
    default: {
      const rank = Math.floor((values.length * percentOf(aggregate)!) / 100 + 0.5);
      return values.sort((a, b) => a - b)[Math.min(Math.max(rank, 1), values.length) - 1]!;
    }
  }
}

function windowed(all: readonly Reading[], aggregate: WindowAggregate, lengths: Lengths): Map<number, number> {
  const shape =
    'session' in lengths ? { session: `${lengths.session}m` } : { window: `${lengths[0]}m`, every: `${lengths[1]}m` };
  const options = { aggregate, ...shape, delayMs: DELAY };
  let windows = windowsOf(options);
  const results = new Map<number, number>();
  const push = (...inputs: Parameters<WindowSet['push']>) => {
    for (const { start, value } of windows.push(...inputs)) results.set(start / MINUTE, value);
  };
  for (const { device, minute, value } of [...all].sort((a, b) => a.minute + a.lag - b.minute - b.lag)) {
    const row: Row = ['s', device, minute * MINUTE, value];
    push(readings(windows, [row]));
    // Saved and restored after every reading.
    windows = windowsOf(options, structuredClone(windows.save()));
  }
  push(tick(HOUR));
  push(tick(10 * HOUR));
  expect(windows.lateReadings).toBe(0);
  return results;
}

describe('the windows of a group', () => {
  it.each([...WINDOW_AGGREGATES, 'p1', 'p50', 'p95', 'p99'] as const)(
    'have the %s of their readings by its definition, in whatever order they came',
    (name) => {
      let seen = 0;
      fc.assert(
        fc.property(several, lengths, (all, of) => {
          const expected = bruteForce(all, name, of);
          const found = windowed(all, name, of);
          expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
          for (const [start, value] of expected) {
            const scale = Math.max(1, Math.abs(value), ...all.map((r) => Math.abs(r.value)));
            const off = percentOf(name) === undefined ? 0 : SKETCH_RELATIVE_ERROR * Math.abs(value);
            expect(Math.abs(found.get(start)! - value)).toBeLessThanOrEqual(off + CLOSE * scale);
          }
          seen += expected.size;
        }),
        { numRuns: 50 },
      );
      expect(seen).toBeGreaterThan(10);
    },
  );
});
