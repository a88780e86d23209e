import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MINUTE, readings, TIMING, type Row } from './testing.ts';
import { WindowSet } from './window-set.ts';
import type { Readings, WindowResult, WindowView } from './window-types.ts';

const SCOPES = 150;
const STEPS = 30;
const STEP_MS = 7_000;

const VIEWS: readonly WindowView[] = [
  { aggregate: 'mean', window: '1m' },
  { aggregate: 'sum', window: '2m', every: '1m' },
  { aggregate: 'rate', session: '20s' },
];

function set(): WindowSet {
  const made = new WindowSet({ ...TIMING, delayMs: 5_000, allowedLatenessMs: MINUTE });
  for (const view of VIEWS) made.view(view);
  return made;
}

describe('a batch in which no member is picked twice', () => {
  it('gives each scope the same, whether its scopes are taken in side by side or one after the other', () => {
    let results = 0;
    // How many steps late a device's readings are, and how many it sends; now and then it is another of its scope.
    const lateness = fc.oneof({ arbitrary: fc.constant(0), weight: 8 }, fc.nat(15));
    const times = fc.oneof({ arbitrary: fc.constant(1), weight: 8 }, fc.nat(2));
    const sends = fc.record({ lateness, times, another: fc.boolean() });
    fc.assert(
      fc.property(fc.array(sends, { minLength: 5, maxLength: 40 }), (all) => {
        const [sideBySide, oneByOne] = [set(), set()];
        for (let step = 0; step < STEPS; step++) {
          const rows = Array.from({ length: SCOPES }, (_, i): Row[] => {
            const { lateness, times, another } = all[(i * 7 + step * 3) % all.length]!;
            const time = 10 * MINUTE + (step - lateness) * STEP_MS + i;
            const device = another && i % 10 === 0 ? `another of ${i}` : `${i}`;
            return Array.from({ length: times }, (_, k): Row => [`scope ${i}`, device, time + k, (step * i) % 11]);
          }).flat();
          const clock = step * STEP_MS;
          const given = oneByOne.push(readings(oneByOne, rows, clock));
          const found = sideBySide.push({ ...readings(sideBySide, rows, clock), once: true } as Readings);
          // Scopes of several members are given out after the others.
          expect(JSON.stringify(byScope(found))).toBe(JSON.stringify(byScope(given)));
          results += given.length;
        }
        expect(sideBySide.lateReadings).toBe(oneByOne.lateReadings);
        expect(sideBySide.heldReadings()).toBe(oneByOne.heldReadings());
      }),
      { numRuns: 10 },
    );
    expect(results).toBeGreaterThan(1_000);
  });
});

/** Those of one scope stay in their order: the sort is stable. */
function byScope(results: readonly WindowResult[]): WindowResult[] {
  return [...results].sort((a, b) => Number(a.scope > b.scope) - Number(a.scope < b.scope));
}
