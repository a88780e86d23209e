import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UNDESCRIBED, type ReadingBatch } from '@seawall/model';
import { bySeries } from './series-runs.ts';

/** @param seriesIndex of each reading; there may be series without any */
function batchOf(seriesIndex: readonly number[], series: number): ReadingBatch {
  return {
    series: Array.from({ length: series }, (_, i) => ({ domain: 'air', device: `d${i}`, metric: 'no2' })),
    labels: Array.from({ length: series }, () => UNDESCRIBED),
    seriesIndex: Uint32Array.from(seriesIndex),
    eventTime: Float64Array.from(seriesIndex),
    value: Float64Array.from(seriesIndex),
    flags: new Uint8Array(seriesIndex.length),
  };
}

describe('bySeries', () => {
  it('has the rows of each series together, in the order of acceptance', () => {
    const some = fc.array(fc.nat(9), { maxLength: 30 }).map((each) => batchOf(each, 10));
    // As most are: one reading of each, in order.
    const oneEach = fc.nat(300).map((length) => {
      return batchOf(
        Array.from({ length }, (_, i) => i),
        length,
      );
    });
    const other = fc
      .shuffledSubarray(
        Array.from({ length: 12 }, (_, i) => i),
        { minLength: 12 },
      )
      .map((each) => batchOf(each, 12));
    fc.assert(
      fc.property(fc.oneof(some, oneEach, other), (batch) => {
        const { rows, offsets } = bySeries(batch);
        batch.series.forEach((_, s) => {
          const expected = [...batch.seriesIndex.keys()].filter((row) => batch.seriesIndex[row] === s);
          expect([...rows.subarray(offsets[s], offsets[s + 1])]).toEqual(expected);
        });
      }),
    );
  });
});
