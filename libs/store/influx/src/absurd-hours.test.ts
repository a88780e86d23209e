import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { QueryAggregate, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type Retention, type SeriesStore, type StoreChange } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading, type WholeSeries } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import { HourNotes } from './hour-notes.ts';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 1);
const NOW = T0 + 60 * DAY;
/** With NOW, readings of the first days expire. */
const HOURS_STAY: Retention = { raw: { '*': 50 * DAY }, '1m': { '*': 50 * DAY }, '1h': {} };
const NOTHING_STAYS: Retention = { raw: { '*': 50 * DAY }, '1m': { '*': 50 * DAY }, '1h': { '*': 50 * DAY } };

influxSuite((server) => {
  let store: SeriesStore;
  let plain: SeriesStore;
  let database: string;
  let seq = 0;

  beforeEach(async () => {
    database = server().newDatabase();
    plain = createMemorySeriesStore();
    store = await openInfluxStore({ url: server().url, database });
  });
  afterEach(() => store.close());

  const change = async (of: StoreChange) => {
    seq++;
    for (const each of [plain, store]) await each.write([of], String(seq) as Cursor);
  };
  const write = (readings: readonly PlainReading[]) =>
    change(readingsChange(seq + 1, [...readings, ['e/a/m', T0 + 20 * DAY, 1]]));
  const keep = async (retention: Retention) => {
    while (await store.maintain({ now: NOW, retention }));
  };
  const byHour = (aggregate: QueryAggregate[], groupBy: string[] = []): QueryPlan => {
    const buckets = { kind: 'fixed', origin: T0, stepMs: HOUR } as const;
    return planOf({ from: T0, to: T0 + DAY, buckets, step: '1h', aggregate, groupBy });
  };
  const found = (plan: QueryPlan): Promise<WholeSeries[]> => collect(store.query(plan));
  const wanted = (plan: QueryPlan): Promise<WholeSeries[]> => collect(plain.query(plan));
  const ask = async (what: string, body: string) => {
    const response = await fetch(`${server().url}/${what}`, { method: 'POST', body });
    expect(await response.text()).not.toContain('error');
  };
  /** As they are stored, in microseconds. */
  const notedHours = async () => {
    const q = encodeURIComponent('SELECT kind FROM hub."hub/notes" WHERE kind > 0');
    const answer = await fetch(`${server().url}/query?db=${database}&epoch=u&q=${q}`);
    const { results } = (await answer.json()) as { results: [{ series?: [{ values: [number, number][] }] }] };
    return results[0].series?.[0].values.map(([hour]) => hour) ?? [];
  };

  const anHour = Array.from({ length: 60 }, (_, i): PlainReading => [
    'e/a/m',
    T0 + i * MINUTE,
    i % 30 === 7 ? Number.MAX_VALUE : i,
  ]);

  describe('hours with absurd values', () => {
    it('move with all that is known of them when labels change', async () => {
      await write(anHour);
      await keep(HOURS_STAY);
      await change({ kind: 'labels', device: 'a', spans: [{ from: -Infinity, labels: { district: 'x' } }] });
      const plan = byHour(['count', 'sum', 'mean', 'min', 'max'], ['district']);
      expect(await found(plan)).toEqual(await wanted(plan));
      expect((await found(plan))[0]!.values['mean']![0]).toBeCloseTo(Number.MAX_VALUE / 30, -300);
    });

    it('get the rows that they had not before rows could hold them', async () => {
      await write(anHour);
      await keep(KEEP_FOR_GOOD);
      await store.close();
      const micros = T0 * 1000;
      await ask(`write?db=${database}&rp=hub&precision=u`, `hub/notes,domain=e,device=a kind=2i ${micros}`);
      await ask(`query?db=${database}&q=${encodeURIComponent(`DELETE FROM "e/1h" WHERE time = ${micros}u`)}`, '');
      store = await openInfluxStore({ url: server().url, database });
      const plan = { ...byHour(['count', 'min', 'max', 'first', 'last']), to: T0 + HOUR };
      const source = async () => {
        for await (const chunk of store.query(plan)) return chunk.source;
        return undefined;
      };
      expect(await found(plan)).toEqual(await wanted(plan));
      await keep(KEEP_FOR_GOOD);
      // As long as there are readings, these answer.
      expect(await source()).not.toBe('1h');
      expect((await store.status()).tiers['1h']!.rows).toBe(1);
      await keep(HOURS_STAY);
      expect(await source()).toBe('1h');
      expect(await found(plan)).toEqual(await wanted(plan));
    });

    it.each([
      ['rows of hours stay', HOURS_STAY],
      ['nothing stays', NOTHING_STAYS],
    ])('are noted as long as they have readings: %s', async (_, retention) => {
      const noting = jest.spyOn(HourNotes.prototype, 'set');
      const stays = T0 + 15 * DAY;
      const hours = [...Array.from({ length: 30 }, (_, i) => T0 + i * HOUR), stays];
      await write(hours.flatMap((at) => ['a', 'b'].map((device): PlainReading => [`e/${device}/m`, at, 1e308])));
      await keep(KEEP_FOR_GOOD);
      expect((await notedHours()).length).toBe(2 * hours.length);
      await keep(retention);
      expect((await store.status()).tiers.raw.oldest).toBe(stays);
      expect(await notedHours()).toEqual([stays * 1000, stays * 1000]);
      const notes = noting.mock.contexts.at(-1) as HourNotes;
      noting.mockRestore();
      for (const device of ['a', 'b']) expect([...notes.of('e', device)!.keys()]).toEqual([stays * 1000]);
    });
  });

  it('an hour whose sketch has no room loses its percentiles alone', async () => {
    // Each in a bucket of its own.
    const readings = Array.from({ length: 32_000 }, (_, i): PlainReading => [
      'e/a/m',
      T0 + i * 100,
      (i % 2 === 0 ? 1 : -1) * 10 ** ((i - 16_000) / 100),
    ]);
    const others: PlainReading[] = [1, 20 * 24].map((hours) => ['e/a/m', T0 + hours * HOUR, 5]);
    await store.write([readingsChange(1, [...readings, ...others])], '1' as Cursor);
    await keep(HOURS_STAY);
    const [{ values }] = (await found(byHour(['p50', 'count', 'min', 'last']))) as [WholeSeries];
    expect(values).toEqual({
      p50: [NaN, 5],
      count: [readings.length, 1],
      min: [Math.min(...readings.map(([, , value]) => value)), 5],
      last: [readings.at(-1)![2], 5],
    });
    const [day] = await found(planOf({ from: T0, to: T0 + DAY, aggregate: ['p50', 'max'] }));
    expect(day!.values['p50']).toEqual([NaN]);
  }, 60_000);
});
