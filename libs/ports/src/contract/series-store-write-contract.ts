import { describe, expect, it } from '@jest/globals';
import { JOURNAL_START } from '../journal.ts';
import { cursorAt, readingsChange, T0, type PlainReading, type StoreHarness } from './series-store-harness.ts';

/** What every SeriesStore keeps of what is written. */
export function writeContract(harness: StoreHarness): void {
  describe('writing', () => {
    it('is empty, at the start of the log, before the first write', async () => {
      expect(await harness.store.cursor()).toBe(JOURNAL_START);
      expect(await harness.answer({})).toEqual([]);
      expect(await harness.store.status()).toMatchObject({ readings: 0, series: 0 });
    });

    it('moves its cursor with what it stores', async () => {
      await harness.write(['e/a/m', T0, 1]);
      expect(await harness.store.cursor()).toBe('1');
      expect(await harness.store.status()).toMatchObject({ readings: 1, series: 1 });
    });

    it('passes over what lies at or before its cursor', async () => {
      await harness.store.write([readingsChange(5, [['e/a/m', T0, 1]])], cursorAt(5));
      await harness.store.write([readingsChange(5, [['e/a/m', T0, 2]])], cursorAt(5));
      await harness.store.write(
        [readingsChange(4, [['e/a/m', T0 + 1, 3]]), readingsChange(6, [['e/a/m', T0 + 2, 4]])],
        cursorAt(6),
      );
      expect(await harness.answer({})).toMatchObject([{ time: [T0, T0 + 2], values: { value: [1, 4] } }]);
      expect(await harness.store.cursor()).toBe('6');
    });

    it('keeps the last of several readings for one series and time in a batch', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/a/m', T0 + 1, 7], ['e/b/m', T0, 5], ['e/a/m', T0, 2], ['e/a/m', T0, 3]);
      expect(await harness.values({})).toEqual([[3, 7], [5]]);
      expect(await harness.store.status()).toMatchObject({ readings: 3 });
    });

    it('keeps the last of several readings for one series and time in the batches of a write', async () => {
      await harness.store.write(
        [readingsChange(1, [['e/a/m', T0, 1]]), readingsChange(2, [['e/a/m', T0, 2]])],
        cursorAt(2),
      );
      expect(await harness.values({})).toEqual([[2]]);
      expect(await harness.store.status()).toMatchObject({ readings: 1 });
    });

    it('replaces a stored reading by a later one for its series and time, at the end and in the middle', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/a/m', T0 + 1, 2], ['e/a/m', T0 + 2, 3], ['e/b/m', T0 + 1, 9]);
      await harness.write(['e/a/m', T0 + 1, 20], ['e/a/m', T0 + 2, 30]);
      expect(await harness.values({})).toEqual([[1, 20, 30], [9]]);
      expect(await harness.store.status()).toMatchObject({ readings: 4, series: 2 });
    });

    it('stores nothing twice when the same readings come again', async () => {
      const readings = Array.from({ length: 500 }, (_, i): PlainReading => [`e/d${i % 7}/m`, T0 + (i % 50), i % 350]);
      await harness.write(...readings);
      const before = await harness.answer({});
      await harness.write(...readings);
      expect(await harness.answer({})).toEqual(before);
      expect(await harness.store.status()).toMatchObject({
        readings: before.reduce((sum, { time }) => sum + time.length, 0),
      });
    });

    it('takes late readings in where they belong', async () => {
      await harness.write(['e/a/m', T0 + 10, 3]);
      await harness.write(['e/a/m', T0 + 5, 2], ['e/a/m', T0, 1]);
      expect(await harness.answer({})).toMatchObject([{ time: [T0, T0 + 5, T0 + 10], values: { value: [1, 2, 3] } }]);
    });

    it('runs writes that overlap one after the other', async () => {
      await Promise.all(
        [1, 2, 3, 4].map((n) => harness.store.write([readingsChange(n, [['e/a/m', T0, n]])], cursorAt(n))),
      );
      expect(await harness.values({})).toEqual([[4]]);
      expect(await harness.store.cursor()).toBe('4');
    });

    it('keeps event times to the microsecond', async () => {
      await harness.write(['e/a/m', T0 + 0.001, 1], ['e/a/m', T0 + 0.002, 2], ['e/a/m', T0, 0]);
      const [series] = await harness.answer({});
      expect(series?.values['value']).toEqual([0, 1, 2]);
      series!.time.forEach((time, i) => expect((time - T0) * 1000).toBeCloseTo(i, 0));
    });

    it('keeps every finite double as it is', async () => {
      const extreme = [-Number.MAX_VALUE, -0.1, 0, Number.MIN_VALUE, 1 / 3, Number.MAX_VALUE];
      await harness.write(...extreme.map((value, i): PlainReading => ['e/a/m', T0 + i, value]));
      expect(await harness.values({})).toEqual([extreme]);
    });
  });
}
