import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GivenWindows } from './given-windows.ts';
import { ScopeNumbers } from './scope-numbers.ts';

interface Given {
  readonly start: number;
  readonly end: number;
  readonly value: number;
  readonly count: number;
}

const given = ({ start, end, value, count }: Given, revision: number) => [start, end, revision, value, count];

describe('GivenWindows', () => {
  it('are what a list of objects would be', () => {
    const put = fc.record({
      start: fc.nat(30),
      length: fc.integer({ min: 1, max: 5 }),
      value: fc.nat(9),
      replaced: fc.nat(3),
    });
    const act = fc.oneof({ arbitrary: put, weight: 4 }, fc.record({ horizon: fc.nat(35), from: fc.nat(40) }));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        // Others have their numbers in between, and keep them.
        const all = new ScopeNumbers();
        let windows = new GivenWindows(all);
        const others = new GivenWindows(all);
        others.put(0, 0, { start: 1, end: 2, value: 3, count: 4, newest: 1, mark: 0 }, 5);
        let list: Given[] = [];
        for (const each of acts) {
          if ('horizon' in each) {
            const kept = list.findIndex(({ start, end }) => end > each.horizon || start >= each.from);
            list = kept === -1 ? [] : list.slice(kept);
            windows.forget(each.horizon, each.from);
          } else {
            const { start, length, value } = each;
            const window = { start, end: start + length, value, count: 1, newest: start, mark: 0 };
            const at = list.findIndex((known) => known.start >= start);
            const place = at === -1 ? list.length : at;
            const again = list[place]?.start === start;
            expect(windows.find(start)).toBe(place);
            expect(windows.has(place, start)).toBe(again);
            const replaced = Math.min(again ? Math.max(1, each.replaced) : each.replaced, list.length - place);
            list.splice(place, replaced, window);
            windows.put(place, replaced, window, 1);
            expect(windows.isAsGiven(place, window)).toBe(true);
            expect(windows.isAsGiven(place, { ...window, value: value + 1 })).toBe(false);
          }
          expect(windows.save()).toEqual(list.flatMap((window) => given(window, 1)));
          expect(windows.length).toBe(list.length);
          expect(windows.firstEnd).toBe(list[0]?.end ?? Infinity);
          expect(others.save()).toEqual([1, 2, 5, 3, 4]);
          const restored = new GivenWindows(all);
          restored.restore(windows.save());
          windows = restored;
        }
      }),
    );
  });
});
