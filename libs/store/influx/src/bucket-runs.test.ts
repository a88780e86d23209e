import { describe, expect, it } from '@jest/globals';
import { planOf } from '@seawall/ports/contract';
import fc from 'fast-check';
import { bucketBegin, bucketRuns } from './bucket-runs.ts';

const edges = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 })
  .map((lengths) => lengths.reduce((all, length) => [...all, all.at(-1)! + length], [100]));

describe('bucketRuns', () => {
  it('cover the range once, by runs of one length, and put every moment into its bucket', () => {
    fc.assert(
      fc.property(edges, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), (all, cutBegin, cutEnd) => {
        const [starts, end] = [all.slice(0, -1), all.at(-1)!];
        const [from, to] = [Math.min(starts[0]! + cutBegin, end), Math.max(end - cutEnd, starts[0]!)];
        const runs = bucketRuns(planOf({ from, to, buckets: { kind: 'listed', starts, end } }));
        let at = from * 1000;
        for (const run of runs) {
          expect(run.from).toBe(at);
          at = run.to;
        }
        if (from < to) expect(at).toBe(to * 1000);
        else expect(runs).toEqual([]);
        for (let ms = from; ms < to; ms++) {
          const run = runs.find((of) => ms * 1000 < of.to)!;
          expect(bucketBegin(run, ms * 1000)).toBe(starts.findLast((start) => start <= ms)! * 1000);
        }
      }),
    );
  });

  it('are as few as the lengths allow', () => {
    const [hour, starts] = [3_600_000, [0, 1, 2, 5, 6, 7]];
    const buckets = { kind: 'listed', starts: starts.map((of) => of * hour), end: 8 * hour } as const;
    const runs = bucketRuns(planOf({ from: 0, to: 8 * hour, buckets }));
    expect(runs.map(({ from, to }) => [from, to])).toEqual([
      [0, 2 * hour * 1000],
      [2 * hour * 1000, 5 * hour * 1000],
      [5 * hour * 1000, 8 * hour * 1000],
    ]);
  });
});
