import { beforeEach, describe, expect, it } from '@jest/globals';
import type { QueryPlan, ReadingBatch } from '@seawall/model';
import {
  batchOf,
  cursorAt,
  HOUR,
  planOf,
  readingsChange,
  T0,
  type PlainReading,
  type StoreHarness,
} from './series-store-harness.ts';

/** Which readings every SeriesStore answers. */
export function selectionContract(harness: StoreHarness): void {
  describe('raw readings', () => {
    it('come by domain, metric and device, each in the order of time', async () => {
      await harness.write(
        ['f/a/m', T0, 1],
        ['e/b/m', T0 + 2, 2],
        ['e/a/n', T0, 3],
        ['e/a/m', T0 + 1, 4],
        ['e/b/m', T0, 5],
        ['e/a/x', T0, 6],
      );
      const found = await harness.answer({ metrics: ['n', 'm'] });
      expect(found.map(({ domain, metric, labels }) => [domain, metric, labels['device']])).toEqual([
        ['e', 'm', 'a'],
        ['e', 'm', 'b'],
        ['e', 'n', 'a'],
        ['f', 'm', 'a'],
      ]);
      expect(found.map(({ values }) => values['value'])).toEqual([[4], [5, 2], [3], [1]]);
    });

    it('begin with from and end before to', async () => {
      await harness.write(...[0, 1, 2, 3].map((i): PlainReading => ['e/a/m', T0 + i, i]));
      expect(await harness.values({ from: T0 + 1, to: T0 + 3 })).toEqual([[1, 2]]);
    });

    it('carry the unit of the metric in their domain, and null without one', async () => {
      const metrics = [{ domain: 'e', metric: 'm', unit: 'ug/m3' }];
      await harness.store.write(
        [
          { kind: 'metrics', metrics },
          readingsChange(1, [
            ['e/a/m', T0, 1],
            ['f/a/m', T0, 1],
          ]),
        ],
        cursorAt(1),
      );
      expect((await harness.answer({})).map(({ unit }) => unit)).toEqual(['ug/m3', null]);
    });

    it('carry the labels of their device, and are unknown until it is described', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/b/m', T0, 1]);
      await harness.describeDevice('b', [-Infinity, { district: 'harbour', type: 'unknown', site: 's' }]);
      expect((await harness.answer({})).map(({ labels }) => labels)).toEqual([
        { district: 'unknown', type: 'unknown', device: 'a' },
        { district: 'harbour', type: 'unknown', site: 's', device: 'b' },
      ]);
    });

    it('name every label of the answer in every chunk', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/b/m', T0, 1]);
      await harness.describeDevice('b', [-Infinity, { district: 'harbour', type: 'unknown', site: 's' }]);
      for await (const { labelNames } of harness.store.query(planOf({})))
        expect(labelNames).toEqual(['device', 'district', 'site', 'type']);
    });

    it('stay one series when the labels change, under the labels of the last span', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/a/m', T0 + 10, 2], ['e/a/m', T0 + 20, 3]);
      await harness.describeDevice(
        'a',
        [-Infinity, { district: 'x' }],
        [T0 + 10, { district: 'y' }],
        [T0 + 50, { district: 'z' }],
      );
      const found = await harness.answer({ to: T0 + 30 });
      expect(found).toMatchObject([{ labels: { district: 'y', device: 'a' }, values: { value: [1, 2, 3] } }]);
    });
  });

  describe('raw readings with flags', () => {
    it('carry them beside each value, and only when asked', async () => {
      await harness.change({ kind: 'readings', seq: 1, batch: flaggedBatch([0, 1, 0]) });
      expect(await harness.answer({ flags: true })).toMatchObject([{ values: { value: [0, 1, 2], flags: [0, 1, 0] } }]);
      expect(Object.keys((await harness.answer({}))[0]!.values)).toEqual(['value']);
    });

    it('have those of the last written reading', async () => {
      await harness.change({ kind: 'readings', seq: 1, batch: flaggedBatch([0, 1, 0]) });
      await harness.change({ kind: 'readings', seq: 2, batch: flaggedBatch([1, 0, 0]) });
      expect(await harness.values({ flags: true }, 'flags')).toEqual([[1, 0, 0]]);
    });
  });

  describe('names', () => {
    const names = ["it's", 'a"b', 'a\\b', 'a.b:c', '50%_x', 'a b', '温度', 'naïve', '🌡', '$1', '*', '{"a":1}', '--'];

    it('of metrics, devices and domains are whatever the grammar allows, and taken literally', async () => {
      await harness.write(...names.map((name, i): PlainReading => [`${name}/${name}/${name}`, T0, i]));
      for (const [i, name] of names.entries()) {
        const of = await harness.answer({ metrics: [name] });
        expect(of).toMatchObject([{ domain: name, metric: name, labels: { device: name }, values: { value: [i] } }]);
        if (name !== '*') expect(await harness.values({ metrics: names, where: { device: [name] } })).toEqual([[i]]);
      }
      const found = await harness.answer({ metrics: names, aggregate: ['sum'], groupBy: ['device'] });
      expect(found.map(({ domain }) => domain)).toEqual([...names].sort());
    });

    it('of labels and their values likewise', async () => {
      await harness.write(...names.map((name, i): PlainReading => [`e/${i}/m`, T0, i]));
      for (const [i, name] of names.entries()) await harness.describeDevice(String(i), [-Infinity, { [name]: name }]);
      for (const [i, name] of names.entries()) {
        if (name !== '*') expect(await harness.values({ where: { [name]: [name] } })).toEqual([[i]]);
        const groups = await harness.answer({ aggregate: ['sum'], groupBy: [name] });
        expect(groups.map(({ labels }) => labels)).toEqual([{}, { [name]: name }]);
        expect(groups[1]!.values['sum']).toEqual([i]);
      }
    });
  });

  describe('a set of devices', () => {
    beforeEach(() => harness.write(['e/a/m', T0, 1], ['e/b/m', T0, 2], ['f/a/m', T0, 4], ['e/c/m', T0, 8]));

    it('leaves out all others', async () => {
      expect(await harness.values({ devices: new Set(['a', 'c', 'nobody']) })).toEqual([[1], [8], [4]]);
      expect(await harness.values({ devices: new Set(['a', 'c']), aggregate: ['sum'] }, 'sum')).toEqual([[9], [4]]);
    });

    it('stands beside where', async () => {
      const devices = new Set(['a', 'c']);
      expect(await harness.values({ devices, where: { device: ['!c'], domain: ['e'] } })).toEqual([[1]]);
    });

    it('answers nothing when it is empty', async () => {
      expect(await harness.answer({ devices: new Set() })).toEqual([]);
    });
  });

  describe('where', () => {
    beforeEach(async () => {
      await harness.write(['e/aq-1/m', T0, 1], ['e/aq-2/m', T0, 2], ['e/aq-9/m', T0, 9], ['u/tank/m', T0, 4]);
      await harness.describeDevice('aq-1', [-Infinity, { district: 'north', type: 'air', site: 's1' }]);
      await harness.describeDevice('aq-2', [-Infinity, { district: 'south', type: 'air' }]);
    });

    it.each<[string, QueryPlan['where'], number[]]>([
      ['matches a label', { district: ['north'] }, [1]],
      ['takes any of several values', { district: ['north', 'south'] }, [1, 2]],
      ['demands every key', { district: ['north', 'south'], device: ['aq-2'] }, [2]],
      ['globs', { device: ['aq-*'] }, [1, 2, 9]],
      ['globs in the middle and at both ends', { device: ['*q*9', '*an*'] }, [9, 4]],
      ['excludes', { device: ['aq-*', '!aq-9'] }, [1, 2]],
      ['excludes from everything', { device: ['!aq-*'] }, [4]],
      ['knows the domain', { domain: ['u'] }, [4]],
      ['finds no label where there is none', { site: ['*'] }, [1]],
      ['excludes no missing label', { site: ['!s1'] }, [2, 9, 4]],
      ['knows undescribed devices', { district: ['unknown'] }, [9, 4]],
      ['takes other signs literally', { device: ['aq.1', 'aq-[12]', "aq-1' OR '1'='1"] }, []],
      ['finds nothing by an unknown label', { colour: ['red'] }, []],
    ])('%s', async (_, where, expected) => {
      expect((await harness.values({ where })).flat()).toEqual(expected);
    });

    it('follows the labels at the event time', async () => {
      await harness.write(['e/aq-1/m', T0 + HOUR, 10]);
      await harness.describeDevice('aq-1', [-Infinity, { district: 'north' }], [T0 + HOUR, { district: 'south' }]);
      expect(await harness.values({ where: { district: ['north'] } })).toEqual([[1]]);
      expect(await harness.values({ where: { district: ['south'], device: ['aq-1'] } })).toEqual([[10]]);
    });
  });
}

/** Readings 0, 1, 2 … of one series, a millisecond apart, with these flags. */
function flaggedBatch(flags: readonly number[]): ReadingBatch {
  const batch = batchOf(flags.map((_, i): PlainReading => ['e/a/m', T0 + i, i]));
  return { ...batch, flags: Uint8Array.from(flags) };
}
