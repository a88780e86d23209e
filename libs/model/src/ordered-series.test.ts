import { describe, expect, it } from '@jest/globals';
import { seriesKey, type Series } from './series.ts';
import fc from 'fast-check';
import { OrderedSeries } from './ordered-series.ts';

const name = fc.constantFrom('a', 'b', 'b-1', 'ä', 'aa');
const series = fc.record({ domain: name, device: name, metric: name });

describe('OrderedSeries', () => {
  it('holds what sorting all of them gives, however they came', () => {
    const all = fc.uniqueArray(series, { selector: seriesKey, maxLength: 60 });
    fc.assert(
      fc.property(all, fc.array(fc.nat(60), { maxLength: 6 }), fc.option(series), (stored, sizes, after) => {
        const ordered = new OrderedSeries();
        for (const size of [...sizes.sort((a, b) => a - b), stored.length]) ordered.grow(stored.slice(0, size));
        const keyOf = (id: number) => seriesKey(stored[id] as Series);
        const expected = [...stored.keys()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        const key = after === null ? undefined : seriesKey(after);
        expect(ordered.after(key)).toEqual(expected.filter((id) => key === undefined || keyOf(id) > key));
      }),
    );
  });
});
