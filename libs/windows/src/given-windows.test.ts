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

  it('have an array of their own once they are many, and are the same there', () => {
    const all = new ScopeNumbers();
    const windows = new GivenWindows(all);
    const window = (start: number) => ({ start, end: start + 1, value: start / 2, count: 1, newest: start, mark: 0 });
    const many = Array.from({ length: 100 }, (_, start) => window(start));
    many.forEach((each, at) => windows.put(at, 0, each, 1));
    expect(windows.save()).toEqual(many.flatMap((each) => given(each, 1)));
    expect(all.numbers.length).toBeLessThan(many.length * 5);
    windows.forget(51);
    windows.put(0, 1, window(50), 2);
    expect(windows.save()).toEqual([...given(window(50), 2), ...many.slice(52).flatMap((each) => given(each, 1))]);
  });
});
