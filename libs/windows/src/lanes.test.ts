import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MINUTE, readings, tick, TIMING, type Row } from './testing.ts';
import { WindowSet } from './window-set.ts';
import type { WindowTiming, WindowView } from './window-types.ts';

const SECOND = 1000;

const VIEWS: readonly WindowView[] = [
  { aggregate: 'sum', window: '1m' },
  { aggregate: 'rate', window: '30s' },
  { aggregate: 'count', session: '20s' },
];
/** Whoever looks early wants to know of every reading: none passes by a lane. */
const LOOKING: WindowView = { aggregate: 'max', window: '1m', early: true };

const event = fc.record({
  // How far event time, and the running clock, go on; now and then event time goes back.
  seconds: fc.oneof({ arbitrary: fc.integer({ min: 0, max: 6 }), weight: 6 }, fc.integer({ min: -70, max: 90 })),
  clock: fc.oneof({ arbitrary: fc.integer({ min: 0, max: 6 }), weight: 6 }, fc.integer({ min: 0, max: 90 })),
  kind: fc.constantFrom('reading', 'reading', 'reading', 'tick', 'other'),
  value: fc.integer({ min: 0, max: 9 }),
  mark: fc.oneof({ arbitrary: fc.constant(0), weight: 20 }, fc.constant(2)),
  // Whoever asks for the watermark closes the lane.
  asked: fc.oneof({ arbitrary: fc.constant(false), weight: 10 }, fc.constant(true)),
});

describe('a lane', () => {
  it.each([[VIEWS], [VIEWS.slice(0, 1)]])('changes no result and no watermark', (views) => {
    let seen = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100, size: 'max' }), fc.nat(60), (events, lateness) => {
        const timing: WindowTiming = {
          ...TIMING,
          delayMs: 5 * SECOND,
          idleAfterMs: 20 * SECOND,
          allowedLatenessMs: lateness * SECOND,
          maxHeldReadings: 12,
        };
        const [plain, looking] = [new WindowSet(timing), new WindowSet(timing)];
        for (const view of views) for (const set of [plain, looking]) set.view(view);
        looking.view(LOOKING);
        let [time, clock] = [10 * MINUTE, 0];
        for (const { seconds, clock: passed, kind, value, mark, asked } of events) {
          time += seconds * SECOND;
          clock += passed * SECOND;
          // A second member closes the lane of its scope for good.
          const row: Row = ['s', kind === 'other' && value === 0 ? 'b' : 'a', time, value];
          const [found, expected] = [plain, looking].map((set) =>
            set.push(kind === 'tick' ? tick(clock) : readings(set, [row], clock, mark)),
          );
          expect(found).toEqual(expected!.filter(({ view }) => view < views.length));
          if (asked) {
            expect(plain.watermarkOf('s')).toBe(looking.watermarkOf('s'));
            expect(plain.heldReadings()).toBe(looking.heldReadings());
          }
          seen += found!.length;
        }
      }),
      { numRuns: 60 },
    );
    expect(seen).toBeGreaterThan(10);
  });
});
