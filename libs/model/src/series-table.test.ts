import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seriesKey, type Series } from './series.ts';
import { SeriesTable } from './series-table.ts';

const devices = fc.array(fc.nat(6), { maxLength: 60, size: 'max' });
const series = (device: number): Series => ({ domain: 'air', device: `d${device}`, metric: 'no2' });

describe('SeriesTable', () => {
  it('numbers series as they come, whatever the order in which they are asked for, and whether as the same objects', () => {
    fc.assert(
      fc.property(devices, fc.infiniteStream(fc.boolean()), (asked, anew) => {
        const table = new SeriesTable();
        const [known, expected] = [new Map<number, Series>(), new Map<string, number>()];
        for (const device of asked) {
          const same = known.get(device) ?? series(device);
          known.set(device, same);
          const of = anew.next().value ? series(device) : same;
          const key = seriesKey(of);
          if (!expected.has(key)) expected.set(key, expected.size);
          expect(table.idOf(of)).toBe(expected.get(key));
          expect(table.find(series(device))).toBe(expected.get(key));
        }
        expect(table.all().map(seriesKey)).toEqual([...expected.keys()]);
      }),
    );
  });

  it('knows a series again in the order in which it came the last time, and in another', () => {
    const table = new SeriesTable();
    const all = [0, 1, 2, 3].map(series);
    for (const order of [all, all, [...all].reverse(), all]) {
      for (const each of order) expect(table.at(table.idOf(each))).toBe(each);
    }
    expect(table.size).toBe(4);
  });
});
