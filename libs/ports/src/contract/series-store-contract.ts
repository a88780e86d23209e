import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ReadingBatchBuilder,
  ReadingFlag,
  UNDESCRIBED,
  type Labels,
  type QueryChunk,
  type QueryPlan,
  type ReadingBatch,
  type Series,
} from '@seawall/model';
import { JOURNAL_START, type Cursor } from '../journal.ts';
import type { SeriesStore, StoreChange } from '../series-store.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 2, 1);

/** A reading as the suite writes it: series ("domain/device/metric"), event time in epoch ms, value. */
export type PlainReading = readonly [series: string, eventTime: number, value: number];

const interned = new Map<string, Series>();

function seriesOf(path: string): Series {
  const [domain, device, metric] = path.split('/') as [string, string, string];
  const series = interned.get(path) ?? { domain, device, metric };
  interned.set(path, series);
  return series;
}

/** One batch in the order given. */
export function batchOf(readings: readonly PlainReading[], labels: Labels = UNDESCRIBED): ReadingBatch {
  const builder = new ReadingBatchBuilder();
  for (const [path, time, value] of readings) builder.add(seriesOf(path), labels, time, value, ReadingFlag.none);
  return builder.take();
}

export function readingsChange(seq: number, readings: readonly PlainReading[]): StoreChange {
  return { kind: 'readings', seq, batch: batchOf(readings) };
}

/** A raw plan over everything, with what the test is about on top. */
export function planOf(over: Partial<QueryPlan>): QueryPlan {
  const plan: QueryPlan = {
    metrics: ['m'],
    where: {},
    from: 0,
    to: Date.UTC(2200, 0, 1),
    aggregate: [],
    groupBy: [],
    fill: 'none',
    limit: 1000,
    step: null,
    timeZone: 'UTC',
  };
  return { ...plan, ...over };
}

/** An answered series with its chunks put together. */
export interface WholeSeries {
  readonly domain: string;
  readonly metric: string;
  readonly unit: string | null;
  readonly labels: Labels;
  readonly time: number[];
  readonly values: Record<string, number[]>;
}

/** The whole answer; consecutive chunks of one series are put together. */
export async function collect(chunks: AsyncIterable<QueryChunk>): Promise<WholeSeries[]> {
  const answer: WholeSeries[] = [];
  let head = '';
  for await (const { domain, metric, unit, labels, time, values } of chunks) {
    const key = JSON.stringify([domain, metric, Object.entries(labels).sort()]);
    if (key !== head) {
      const columns = Object.keys(values).map((name) => [name, [] as number[]] as const);
      answer.push({ domain, metric, unit, labels, time: [], values: Object.fromEntries(columns) });
    }
    head = key;
    answer.at(-1)!.time.push(...time);
    for (const [name, column] of Object.entries(values)) answer.at(-1)!.values[name]!.push(...column);
  }
  return answer;
}

function cursor(seq: number): Cursor {
  return String(seq) as Cursor;
}

/** What every SeriesStore promises. @param open answers an empty store; the suite closes it */
export function seriesStoreContract(name: string, open: () => Promise<SeriesStore>): void {
  describe(`${name} as a SeriesStore`, () => {
    let store: SeriesStore;
    let seq = 0;

    beforeEach(async () => {
      store = await open();
      seq = 0;
    });
    afterEach(() => store.close());

    const write = async (...readings: PlainReading[]) => {
      seq++;
      await store.write([readingsChange(seq, readings)], cursor(seq));
    };
    const describeDevice = async (device: string, ...spans: (readonly [from: number, labels: Labels])[]) => {
      seq++;
      await store.write([{ kind: 'labels', device, spans: spans.map(([from, labels]) => ({ from, labels })) }], cursor(seq));
    };
    const answer = (over: Partial<QueryPlan>) => collect(store.query(planOf(over)));
    const values = async (over: Partial<QueryPlan>, column = 'value') => (await answer(over)).map((series) => series.values[column]);

    describe('writing', () => {
      it('is empty, at the start of the log, before the first write', async () => {
        expect(store.cursor()).toBe(JOURNAL_START);
        expect(await answer({})).toEqual([]);
        expect(await store.status()).toMatchObject({ readings: 0, series: 0 });
      });

      it('moves its cursor with what it stores', async () => {
        await write(['e/a/m', T0, 1]);
        expect(store.cursor()).toBe('1');
        expect(await store.status()).toMatchObject({ readings: 1, series: 1 });
      });

      it('passes over what lies at or before its cursor', async () => {
        await store.write([readingsChange(5, [['e/a/m', T0, 1]])], cursor(5));
        await store.write([readingsChange(5, [['e/a/m', T0, 2]])], cursor(5));
        await store.write([readingsChange(4, [['e/a/m', T0 + 1, 3]]), readingsChange(6, [['e/a/m', T0 + 2, 4]])], cursor(6));
        expect(await answer({})).toMatchObject([{ time: [T0, T0 + 2], values: { value: [1, 4] } }]);
        expect(store.cursor()).toBe('6');
      });

      it('keeps the last of several readings for one series and time in a batch', async () => {
        await write(['e/a/m', T0, 1], ['e/a/m', T0 + 1, 7], ['e/b/m', T0, 5], ['e/a/m', T0, 2], ['e/a/m', T0, 3]);
        expect(await values({})).toEqual([[3, 7], [5]]);
        expect(await store.status()).toMatchObject({ readings: 3 });
      });

      it('keeps the last of several readings for one series and time in the batches of a write', async () => {
        await store.write([readingsChange(1, [['e/a/m', T0, 1]]), readingsChange(2, [['e/a/m', T0, 2]])], cursor(2));
        expect(await values({})).toEqual([[2]]);
        expect(await store.status()).toMatchObject({ readings: 1 });
      });

      it('replaces a stored reading by a later one for its series and time, at the end and in the middle', async () => {
        await write(['e/a/m', T0, 1], ['e/a/m', T0 + 1, 2], ['e/a/m', T0 + 2, 3], ['e/b/m', T0 + 1, 9]);
        await write(['e/a/m', T0 + 1, 20], ['e/a/m', T0 + 2, 30]);
        expect(await values({})).toEqual([[1, 20, 30], [9]]);
        expect(await store.status()).toMatchObject({ readings: 4, series: 2 });
      });

      it('stores nothing twice when the same readings come again', async () => {
        const readings = Array.from({ length: 500 }, (_, i): PlainReading => [`e/d${i % 7}/m`, T0 + (i % 50), i % 350]);
        await write(...readings);
        const before = await answer({});
        await write(...readings);
        expect(await answer({})).toEqual(before);
        expect(await store.status()).toMatchObject({ readings: before.reduce((sum, { time }) => sum + time.length, 0) });
      });

      it('takes late readings in where they belong', async () => {
        await write(['e/a/m', T0 + 10, 3]);
        await write(['e/a/m', T0 + 5, 2], ['e/a/m', T0, 1]);
        expect(await answer({})).toMatchObject([{ time: [T0, T0 + 5, T0 + 10], values: { value: [1, 2, 3] } }]);
      });

      it('runs writes that overlap one after the other', async () => {
        await Promise.all([1, 2, 3, 4].map((n) => store.write([readingsChange(n, [['e/a/m', T0, n]])], cursor(n))));
        expect(await values({})).toEqual([[4]]);
        expect(store.cursor()).toBe('4');
      });

      it('keeps event times to the microsecond', async () => {
        await write(['e/a/m', T0 + 0.001, 1], ['e/a/m', T0 + 0.002, 2], ['e/a/m', T0, 0]);
        const [series] = await answer({});
        expect(series?.values['value']).toEqual([0, 1, 2]);
        series!.time.forEach((time, i) => expect((time - T0) * 1000).toBeCloseTo(i, 0));
      });

      it('keeps every finite double as it is', async () => {
        const extreme = [-Number.MAX_VALUE, -0.1, 0, Number.MIN_VALUE, 1 / 3, Number.MAX_VALUE];
        await write(...extreme.map((value, i): PlainReading => ['e/a/m', T0 + i, value]));
        expect(await values({})).toEqual([extreme]);
      });
    });

    describe('raw readings', () => {
      it('come by domain, metric and device, each in the order of time', async () => {
        await write(['f/a/m', T0, 1], ['e/b/m', T0 + 2, 2], ['e/a/n', T0, 3], ['e/a/m', T0 + 1, 4], ['e/b/m', T0, 5], ['e/a/x', T0, 6]);
        const found = await answer({ metrics: ['n', 'm'] });
        expect(found.map(({ domain, metric, labels }) => [domain, metric, labels['device']])).toEqual([
          ['e', 'm', 'a'],
          ['e', 'm', 'b'],
          ['e', 'n', 'a'],
          ['f', 'm', 'a'],
        ]);
        expect(found.map(({ values }) => values['value'])).toEqual([[4], [5, 2], [3], [1]]);
      });

      it('begin with from and end before to', async () => {
        await write(...[0, 1, 2, 3].map((i): PlainReading => ['e/a/m', T0 + i, i]));
        expect(await values({ from: T0 + 1, to: T0 + 3 })).toEqual([[1, 2]]);
      });

      it('carry the unit of the metric in their domain, and null without one', async () => {
        const metrics = [{ domain: 'e', metric: 'm', unit: 'ug/m3' }];
        await store.write([{ kind: 'metrics', metrics }, readingsChange(1, [['e/a/m', T0, 1], ['f/a/m', T0, 1]])], cursor(1));
        expect((await answer({})).map(({ unit }) => unit)).toEqual(['ug/m3', null]);
      });

      it('carry the labels of their device, and are unknown until it is described', async () => {
        await write(['e/a/m', T0, 1], ['e/b/m', T0, 1]);
        await describeDevice('b', [-Infinity, { district: 'harbour', type: 'unknown', site: 's' }]);
        expect((await answer({})).map(({ labels }) => labels)).toEqual([
          { district: 'unknown', type: 'unknown', device: 'a' },
          { district: 'harbour', type: 'unknown', site: 's', device: 'b' },
        ]);
      });

      it('name every label of the answer in every chunk', async () => {
        await write(['e/a/m', T0, 1], ['e/b/m', T0, 1]);
        await describeDevice('b', [-Infinity, { district: 'harbour', type: 'unknown', site: 's' }]);
        for await (const { labelNames } of store.query(planOf({}))) expect(labelNames).toEqual(['device', 'district', 'site', 'type']);
      });

      it('stay one series when the labels change, under the labels of the last span', async () => {
        await write(['e/a/m', T0, 1], ['e/a/m', T0 + 10, 2], ['e/a/m', T0 + 20, 3]);
        await describeDevice('a', [-Infinity, { district: 'x' }], [T0 + 10, { district: 'y' }], [T0 + 50, { district: 'z' }]);
        const found = await answer({ to: T0 + 30 });
        expect(found).toMatchObject([{ labels: { district: 'y', device: 'a' }, values: { value: [1, 2, 3] } }]);
      });
    });

    describe('where', () => {
      beforeEach(async () => {
        await write(['e/aq-1/m', T0, 1], ['e/aq-2/m', T0, 2], ['e/aq-9/m', T0, 9], ['u/tank/m', T0, 4]);
        await describeDevice('aq-1', [-Infinity, { district: 'north', type: 'air', site: 's1' }]);
        await describeDevice('aq-2', [-Infinity, { district: 'south', type: 'air' }]);
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
        expect((await values({ where })).flat()).toEqual(expected);
      });

      it('follows the labels at the event time', async () => {
        await write(['e/aq-1/m', T0 + HOUR, 10]);
        await describeDevice('aq-1', [-Infinity, { district: 'north' }], [T0 + HOUR, { district: 'south' }]);
        expect(await values({ where: { district: ['north'] } })).toEqual([[1]]);
        expect(await values({ where: { district: ['south'], device: ['aq-1'] } })).toEqual([[10]]);
      });
    });

    describe('aggregates', () => {
      const fixed = { kind: 'fixed', origin: T0, stepMs: HOUR } as const;

      it('compute each over the readings of a bucket', async () => {
        const of = [4, 1, 3, 2, 10];
        await write(...of.map((value, i): PlainReading => ['e/a/m', T0 + i, value]), ['e/a/m', T0 + HOUR, 7]);
        const aggregate = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev'] as const;
        const [series] = await answer({ aggregate, buckets: fixed, step: '1h' });
        expect(series).toMatchObject({ domain: 'e', metric: 'm', labels: {}, time: [T0, T0 + HOUR] });
        const { stddev, ...others } = series!.values;
        expect(others).toEqual({ count: [5, 1], sum: [20, 7], mean: [4, 7], min: [1, 7], max: [10, 7], first: [4, 7], last: [10, 7] });
        expect(stddev![0]).toBeCloseTo(Math.sqrt(12.5), 9);
        expect(stddev![1]).toBeNaN();
      });

      it('take percentiles at the nearest rank ⌊np + 0.5⌋', async () => {
        // Of 1…10 the value is the rank: p1 → ⌊0.6⌋ clamped to 1, p25 → ⌊3⌋, p45 → ⌊5⌋, p50 → ⌊5.5⌋, p55 → ⌊6⌋, p99 → ⌊10.4⌋.
        await write(...[3, 1, 2, 10, 9, 8, 4, 7, 6, 5].map((value, i): PlainReading => ['e/a/m', T0 + i, value]));
        const [series] = await answer({ aggregate: ['p1', 'p25', 'p45', 'p50', 'p54', 'p55', 'p94', 'p95', 'p99'] });
        expect(Object.values(series!.values).flat()).toEqual([1, 3, 5, 5, 5, 6, 9, 10, 10]);
      });

      it('take the greatest value of several first or last ones', async () => {
        await write(['e/a/m', T0, 1], ['e/b/m', T0, 5], ['e/c/m', T0, 3], ['e/a/m', T0 + 9, -4], ['e/b/m', T0 + 9, -6]);
        expect(await answer({ aggregate: ['first', 'last'] })).toMatchObject([{ values: { first: [5], last: [-4] } }]);
      });

      it('make one bucket of the range where there is no step', async () => {
        await write(['e/a/m', T0, 1], ['e/b/m', T0 + HOUR, 5]);
        expect(await answer({ from: T0 - 7, aggregate: ['count'] })).toMatchObject([{ time: [T0 - 7], values: { count: [2] } }]);
      });

      it('hold only what lies inside the range', async () => {
        await write(...[0, 1, 2, 3].map((i): PlainReading => ['e/a/m', T0 + (i * HOUR) / 2, i]));
        const found = await answer({ from: T0 + 1, to: T0 + 1.5 * HOUR, aggregate: ['sum'], buckets: fixed, step: '1h' });
        expect(found).toMatchObject([{ time: [T0, T0 + HOUR], values: { sum: [1, 2] } }]);
      });

      it('follow listed buckets of unequal length', async () => {
        const starts = [T0, T0 + HOUR, T0 + 3 * HOUR, T0 + 4 * HOUR, T0 + 6 * HOUR];
        await write(...Array.from({ length: 14 }, (_, i): PlainReading => ['e/a/m', T0 + (i * HOUR) / 2, i]));
        const buckets = { kind: 'listed', starts, end: T0 + 7 * HOUR } as const;
        const [series] = await answer({ from: T0, to: T0 + 7 * HOUR, aggregate: ['count', 'first'], buckets, step: '1h' });
        expect(series).toMatchObject({ time: starts, values: { count: [2, 4, 2, 4, 2], first: [0, 2, 6, 8, 12] } });
      });

      it('never mix domains or metrics', async () => {
        await write(['e/a/m', T0, 1], ['f/a/m', T0, 2], ['e/a/n', T0, 3]);
        const found = await answer({ metrics: ['m', 'n'], aggregate: ['sum'] });
        expect(found.map(({ domain, metric, values }) => [domain, metric, values['sum']])).toEqual([
          ['e', 'm', [1]],
          ['e', 'n', [3]],
          ['f', 'm', [2]],
        ]);
      });

      it('group by labels and device, a missing label first', async () => {
        await write(['e/a/m', T0, 1], ['e/b/m', T0, 2], ['e/c/m', T0, 4]);
        await describeDevice('a', [-Infinity, { site: 's2' }]);
        await describeDevice('b', [-Infinity, { site: 's1' }]);
        const sums = (groupBy: string[]) => answer({ aggregate: ['sum'], groupBy });
        expect((await sums(['site'])).map(({ labels, values }) => [labels, values['sum']])).toEqual([
          [{}, [4]],
          [{ site: 's1' }, [2]],
          [{ site: 's2' }, [1]],
        ]);
        expect((await sums(['device'])).map(({ labels }) => labels)).toEqual([{ device: 'a' }, { device: 'b' }, { device: 'c' }]);
        expect((await sums(['domain'])).map(({ labels, values }) => [labels, values['sum']])).toEqual([[{}, [7]]]);
      });

      it('group each reading by the labels at its event time, also within a bucket', async () => {
        await write(['e/a/m', T0, 1], ['e/a/m', T0 + 10, 2], ['e/a/m', T0 + 20, 4], ['e/b/m', T0, 8]);
        await describeDevice('a', [-Infinity, { district: 'x' }], [T0 + 10, { district: 'y' }], [T0 + 20, { district: 'x' }]);
        await describeDevice('b', [-Infinity, { district: 'y' }]);
        const found = await answer({ aggregate: ['sum'], groupBy: ['district'] });
        expect(found.map(({ labels, values }) => [labels['district'], values['sum']])).toEqual([
          ['x', [5]],
          ['y', [10]],
        ]);
      });

      it('count a replaced reading once', async () => {
        await write(['e/a/m', T0, 100], ['e/a/m', T0 + 1, 1]);
        await write(['e/a/m', T0, 2]);
        expect(await answer({ aggregate: ['sum', 'count'] })).toMatchObject([{ values: { sum: [3], count: [2] } }]);
      });
    });

    describe('limits and pages', () => {
      beforeEach(async () => {
        const readings = [0, 1, 2, 3, 4].flatMap((i): PlainReading[] => [
          ['e/a/m', T0 + i * HOUR, i],
          ['e/b/m', T0 + i * HOUR, 10 + i],
          ['f/a/m', T0 + i * HOUR + 1, 20 + i],
        ]);
        await write(...readings);
      });

      it('stops one point after the limit', async () => {
        expect((await values({ limit: 3 })).flat()).toHaveLength(4);
        expect((await values({ limit: 14 })).flat()).toHaveLength(15);
        expect((await values({ limit: 15 })).flat()).toHaveLength(15);
      });

      it.each<[string, Partial<QueryPlan>]>([
        ['raw readings', {}],
        ['buckets', { aggregate: ['sum'], groupBy: ['device'], buckets: { kind: 'fixed', origin: T0, stepMs: 2 * HOUR }, step: '2h' }],
        ['whole ranges', { aggregate: ['sum'], groupBy: ['device'] }],
      ])('goes on exactly after a position, with %s', async (_, over) => {
        const points = (found: WholeSeries[]) =>
          found.flatMap(({ domain, labels, time, values }) =>
            time.map((t, i) => ({ key: [domain, 'm', `=${labels['device']}`].join('\u0000'), t, value: Object.values(values)[0]![i] })),
          );
        const whole = points(await answer(over));
        for (let i = 0; i < whole.length; i++) {
          const { key, t } = whole[i]!;
          expect(points(await answer({ ...over, after: { series: key, time: t } }))).toEqual(whole.slice(i + 1));
        }
      });

      it('goes on at the start of a series after a position before it', async () => {
        const after = { series: ['e', 'm', '=b'].join('\u0000'), time: -Infinity };
        expect((await values({ after })).map((column) => column![0])).toEqual([10, 20]);
      });
    });

    describe('stopping', () => {
      it('throws the reason of a signal that has aborted', async () => {
        await write(['e/a/m', T0, 1]);
        const reason = new Error('the client went away');
        await expect(collect(store.query(planOf({}), AbortSignal.abort(reason)))).rejects.toBe(reason);
      });

      it('throws the reason of a signal that aborts between chunks', async () => {
        await write(...Array.from({ length: 5000 }, (_, i): PlainReading => ['e/a/m', T0 + i, i]));
        const controller = new AbortController();
        const reason = new Error('the client went away');
        const read = async () => {
          for await (const _ of store.query(planOf({ limit: 5000 }), controller.signal)) controller.abort(reason);
        };
        await expect(read()).rejects.toBe(reason);
      });

      it('takes no harm from a reader that stops early', async () => {
        await write(...Array.from({ length: 5000 }, (_, i): PlainReading => ['e/a/m', T0 + i, i]));
        for (let i = 0; i < 5; i++) {
          for await (const _ of store.query(planOf({ limit: 5000 }))) break;
        }
        expect((await values({ limit: 5000 })).flat()).toHaveLength(5000);
      });
    });

    describe('series', () => {
      beforeEach(async () => {
        await write(['e/b/m', T0 + 5, 2], ['e/b/m', T0, 1], ['e/a/n', T0, 3], ['d/z/m', T0, 4]);
        const metrics = [{ domain: 'e', metric: 'm', unit: 'K' }];
        seq++;
        await store.write([{ kind: 'metrics', metrics }], cursor(seq));
        await describeDevice('b', [-Infinity, { district: 'old' }], [T0 + 1, { district: 'new' }]);
      });

      it('are listed with their latest reading and the labels of now', async () => {
        const { items, next } = await store.series({}, { limit: 10 });
        expect(next).toBeNull();
        expect(items).toEqual([
          { domain: 'd', device: 'z', metric: 'm', unit: null, labels: UNDESCRIBED, latest: { time: T0, value: 4 } },
          { domain: 'e', device: 'a', metric: 'n', unit: null, labels: UNDESCRIBED, latest: { time: T0, value: 3 } },
          { domain: 'e', device: 'b', metric: 'm', unit: 'K', labels: { district: 'new' }, latest: { time: T0 + 5, value: 2 } },
        ]);
      });

      it('have the last written value as their latest', async () => {
        await write(['e/b/m', T0 + 5, 20], ['e/b/m', T0 + 4, 30]);
        const { items } = await store.series({ where: { device: ['b'] } }, { limit: 10 });
        expect(items.map(({ latest }) => latest)).toEqual([{ time: T0 + 5, value: 20 }]);
      });

      it('are filtered by metric and by the labels of now', async () => {
        const devices = async (filter: Parameters<SeriesStore['series']>[0]) =>
          (await store.series(filter, { limit: 10 })).items.map(({ device }) => device);
        expect(await devices({ metrics: ['m'] })).toEqual(['z', 'b']);
        expect(await devices({ where: { district: ['new'] } })).toEqual(['b']);
        expect(await devices({ where: { district: ['old'] } })).toEqual([]);
      });

      it('come in pages', async () => {
        const first = await store.series({}, { limit: 2 });
        expect(first.items.map(({ device }) => device)).toEqual(['z', 'a']);
        const second = await store.series({}, { limit: 2, after: first.next! });
        expect(second.items.map(({ device }) => device)).toEqual(['b']);
        expect(second.next).toBeNull();
      });
    });
  });
}
