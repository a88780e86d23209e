import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PIECE_NUMBERS } from './scopes-snapshot.ts';
import { MINUTE, readings, tick, TIMING, type Row } from './testing.ts';
import { WindowSet } from './window-set.ts';
import type { WindowSetState, WindowTiming, WindowView } from './window-types.ts';

const LATE: WindowTiming = { ...TIMING, delayMs: MINUTE, idleAfterMs: 2 * MINUTE, allowedLatenessMs: 2 * MINUTE };
const VIEWS: readonly WindowView[] = [
  { aggregate: 'mean', window: '5m', every: '1m' },
  { aggregate: 'rate', window: '3m' },
  { aggregate: 'sum', session: '90s' },
];

type Act = { readonly rows: readonly (readonly [device: string, behind: number, value: number])[] } | 'tick' | 'drop';

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      rows: fc.array(
        fc.tuple(
          fc.constantFrom('a', 'b', 'c', 'd', 'e', 'e', 'e'),
          fc.oneof(fc.constant(0), fc.nat(240)),
          fc.integer({ max: 9 }),
        ),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.constant('tick' as const) },
  { weight: 1, arbitrary: fc.constant('drop' as const) },
);

/** Two devices in each scope but the last. */
const scopeOf = (device: string) => (device === 'e' ? 'alone' : device < 'c' ? 'north' : 'south');

/** Does the act numbered `i`, thirty seconds after the one before. */
function perform(set: WindowSet, each: Act, i: number) {
  const clock = i * 30_000;
  if (each === 'tick') return set.push(tick(clock));
  if (each === 'drop') {
    set.dropView(1);
    return [];
  }
  const rows = each.rows.map(([device, behind, value]): Row => [scopeOf(device), device, clock - behind * 1000, value]);
  return set.push(readings(set, rows, clock));
}

function finish(saving: Generator<void, WindowSetState>): WindowSetState {
  for (;;) {
    const step = saving.next();
    if (step.done === true) return step.value;
  }
}

describe('a state that is saved while the set goes on', () => {
  it('is that of the moment at which it was asked for, and changes nothing in the set', () => {
    let results = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 10, maxLength: 60 }), fc.nat(), fc.nat(20), (acts, at, during) => {
        const [set, other] = [new WindowSet(LATE), new WindowSet(LATE)];
        for (const each of VIEWS) {
          set.view(each);
          other.view(each);
        }
        const from = at % acts.length;
        for (let i = 0; i < from; i++) expect(perform(set, acts[i]!, i)).toEqual(perform(other, acts[i]!, i));
        const then = other.save();
        const saving = set.saving();
        let state: WindowSetState | undefined;
        const restored = new WindowSet(LATE, structuredClone(then));
        for (let i = from; i < acts.length; i++) {
          if (i === from + during) state = finish(saving);
          const straight = perform(set, acts[i]!, i);
          expect(perform(restored, acts[i]!, i)).toEqual(straight);
          results += straight.length;
        }
        const saved = new WindowSet(LATE, structuredClone(state ?? finish(saving)));
        expect(saved.save()).toEqual(new WindowSet(LATE, then).save());
      }),
    );
    expect(results).toBeGreaterThan(100);
  });

  it('is written by few scopes at a time, and is that of the moment though readings come to others in between', () => {
    const [set, other] = [new WindowSet(LATE), new WindowSet(LATE)];
    const devices = Array.from({ length: 3000 }, (_, i) => `device-${i}`);
    const send = (to: WindowSet, minute: number, from: readonly string[]) =>
      to.push(
        readings(
          to,
          from.map((device): Row => [device, device, minute * MINUTE, minute]),
          minute * MINUTE,
        ),
      );
    for (const to of [set, other]) {
      for (const each of VIEWS) to.view(each);
      for (let minute = 0; minute < 6; minute++) send(to, minute, devices);
    }
    const most = other.save().scopes.reduce((total, { numbers }) => total + numbers.length, 0);
    const saving = set.saving();
    let steps = 0;
    let step = saving.next();
    for (; step.done !== true; step = saving.next()) {
      // Of those yet to be written, and of those that are.
      send(set, 6 + steps, [...devices.slice(-20), ...devices.slice(0, 20)]);
      steps++;
    }
    const { scopes } = step.value;
    const ofOneScope = (most / devices.length) * 2;
    expect(Math.max(...scopes.map(({ numbers }) => numbers.length))).toBeLessThan(PIECE_NUMBERS + ofOneScope);
    expect(steps).toBeGreaterThanOrEqual(Math.floor(most / (PIECE_NUMBERS + ofOneScope)));
    expect(steps).toBeGreaterThan(3);
    const saved = new WindowSet(LATE, structuredClone(step.value));
    const bytes = serialize(saved.save());
    expect(bytes.equals(serialize(new WindowSet(LATE, other.save()).save()))).toBe(true);
    expect(bytes.equals(serialize(set.save()))).toBe(false);
  });
});
