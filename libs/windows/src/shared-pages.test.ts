import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MINUTE, readings, tick, TIMING, type Row } from './testing.ts';
import { SegmentPool } from './segment-pool.ts';
import { WindowSet } from './window-set.ts';

const timing = { ...TIMING, delayMs: 10_000, idleAfterMs: 3 * MINUTE, allowedLatenessMs: MINUTE };

function setOn(pool: SegmentPool): WindowSet {
  const set = new WindowSet(timing, undefined, pool);
  set.view({ aggregate: 'sum', window: '1m' });
  return set;
}

const act = fc.oneof(
  {
    arbitrary: fc.record({ which: fc.nat(2), rows: fc.array(fc.tuple(fc.nat(50), fc.nat(9)), { maxLength: 6 }) }),
    weight: 12,
  },
  { arbitrary: fc.constant('tick' as const), weight: 4 },
  fc.record({ gone: fc.nat(2) }),
);

describe('sets that share their room', () => {
  it('give what each would by itself, whichever of them go and come, and whether idle ticks are pushed or passed', () => {
    let results = 0;
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100, size: 'max' }), (acts) => {
        const pool = new SegmentPool();
        const shared = [0, 1, 2].map(() => setOn(pool));
        const alone = [0, 1, 2].map(() => setOn(new SegmentPool()));
        acts.forEach((each, i) => {
          const clock = i * 15_000;
          if (each === 'tick') {
            shared.forEach((set, which) => {
              const given = alone[which]!.push(tick(clock));
              expect(set.passTick(clock) ? [] : set.push(tick(clock))).toEqual(given);
              expect(set.watermarkOf('s')).toBe(alone[which]!.watermarkOf('s'));
              results += given.length;
            });
          } else if ('gone' in each) {
            shared[each.gone]!.free();
            shared[each.gone] = setOn(pool);
            alone[each.gone] = setOn(new SegmentPool());
          } else {
            const rows = each.rows.map(([behind, value]): Row => ['s', 'd', clock - behind * 1000, value]);
            const [set, other] = [shared[each.which]!, alone[each.which]!];
            const given = other.push(readings(other, rows, clock));
            expect(set.push(readings(set, rows, clock))).toEqual(given);
            results += given.length;
          }
        });
      }),
      { numRuns: 50 },
    );
    expect(results).toBeGreaterThan(100);
  });
});
