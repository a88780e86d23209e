import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { QueryChunk, QueryPlan } from '@seawall/model';
import { QueryTimeoutError, StoreUnavailableError, type Cursor, type SeriesStore } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';
import { runQuery } from './run-query.ts';
import { ensureSchema } from './schema.ts';
import type { DuckDbStoreOptions } from './settings.ts';

const DEVICES = 40;
const READINGS = 200_000;
const HEAVY = planOf({
  aggregate: ['p50', 'p90', 'first', 'stddev'],
  groupBy: ['device'],
  buckets: { kind: 'fixed', origin: 0, stepMs: 50 },
  step: '50ms',
  limit: 1_000_000,
});

let directory: string;
let store: SeriesStore | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
});
afterEach(async () => {
  await store?.close();
  await rm(directory, { recursive: true, force: true });
});

async function filled(options: Partial<DuckDbStoreOptions>): Promise<SeriesStore> {
  store = await openDuckDbStore({ path: join(directory, 'series.duckdb'), ...options });
  const readings = Array.from({ length: READINGS }, (_, i): PlainReading => [
    `e/d${i % DEVICES}/m`,
    1000 + i,
    i % 1000,
  ]);
  await store.write([readingsChange(1, readings)], '1' as Cursor);
  return store;
}

function count(chunks: readonly { readonly time: ArrayLike<number> }[]): number {
  return chunks.reduce((sum, { time }) => sum + time.length, 0);
}

const nothing = (plan: QueryPlan): QueryPlan => ({ ...plan, metrics: ['unknown'] });

describe('a query in flight', () => {
  it('is stopped at its time limit with an error, and gives its place back', async () => {
    const of = await filled({ queryTimeoutMs: 20, maxConcurrentQueries: 1 });
    for (let i = 0; i < 3; i++) await expect(collect(of.query(HEAVY))).rejects.toThrow(QueryTimeoutError);
    expect(await collect(of.query(nothing(HEAVY)))).toEqual([]);
  });

  it('throws the reason when its signal aborts while the engine works, and gives its place back', async () => {
    const of = await filled({ maxConcurrentQueries: 1 });
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const answer = collect(of.query(HEAVY, controller.signal));
    setImmediate(() => controller.abort(reason));
    await expect(answer).rejects.toBe(reason);
    expect(count(await collect(of.query(planOf({ limit: READINGS }))))).toBe(READINGS);
  });

  it('ranks all of one moment, though it looks at the readings twice', async () => {
    store = await openDuckDbStore({ path: join(directory, 'series.duckdb'), fewReadings: 0 });
    // Of sixteen the engine's 90th percentile lies one rank above ours.
    const readings = Array.from({ length: 16 }, (_, i): PlainReading => ['e/d/m', 1000 + i, i + 1]);
    await store.write([readingsChange(1, readings)], '1' as Cursor);
    const run = Reflect.get<DuckDBConnection, 'run'>(DuckDBConnection.prototype, 'run');
    let between = 0;
    const spy = jest.spyOn(DuckDBConnection.prototype, 'run').mockImplementation(async function (
      this: DuckDBConnection,
      sql,
      ...more
    ) {
      if (sql.includes('again') && between++ === 0)
        await store!.write([readingsChange(2, [['e/d/m', 1013, 100]])], '2' as Cursor);
      return run.call(this, sql, ...more);
    });
    try {
      const answer = await collect(store.query(planOf({ aggregate: ['p90'] })));
      expect(answer.map(({ values }) => [...values['p90']!])).toEqual([[14]]);
      expect(between).toBe(1);
    } finally {
      spy.mockRestore();
    }
  });

  it('sees what was written before it, while writes go on beside it', async () => {
    const of = await filled({});
    const chunks = of.query(planOf({ limit: 2 * READINGS }))[Symbol.asyncIterator]();
    const first = (await chunks.next()).value as QueryChunk;
    await of.write(
      [
        readingsChange(2, [
          ['e/d0/m', 1000, -1],
          ['e/d39/m', 9e9, 7],
          ['e/x/m', 1, 1],
        ]),
      ],
      '2' as Cursor,
    );
    const rest: QueryChunk[] = [];
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) rest.push(next.value);
    expect(count([first, ...rest])).toBe(READINGS);
    expect(first.values['value']![0]).toBe(0);
    const after = await collect(of.query(planOf({ limit: 2 * READINGS })));
    expect(count(after)).toBe(READINGS + 2);
    expect(after[0]!.values['value']![0]).toBe(-1);
  });

  it('leaves the engine when its answer is small, however slowly that is read', async () => {
    const of = await filled({ maxConcurrentQueries: 1 });
    const slow = of.query(planOf({ limit: 5000 }))[Symbol.asyncIterator]();
    await slow.next();
    expect(count(await collect(of.query(planOf({ limit: 10 }))))).toBe(11);
    await slow.return?.();
  });

  it('is stopped when the store closes', async () => {
    const of = await filled({});
    const answer = collect(of.query(HEAVY));
    setImmediate(() => void of.close());
    await expect(answer).rejects.toThrow(StoreUnavailableError);
  });

  it('answers the same over many series as over each alone', async () => {
    const of = await filled({});
    const plan = planOf({
      aggregate: ['sum', 'p90', 'last'],
      groupBy: ['device'],
      buckets: { kind: 'fixed', origin: 0, stepMs: 60_000 },
      step: '1m',
    });
    const whole = await collect(of.query(plan));
    expect(whole).toHaveLength(DEVICES);
    const alone = await Promise.all(
      whole.map(({ labels }) => collect(of.query({ ...plan, where: { device: [labels['device']!] } }))),
    );
    expect(alone.flat()).toEqual(whole);
  });
});

describe('runQuery', () => {
  const selection = {
    groups: [{ domain: 'e', metric: 'm', unit: null, labels: { device: 'a' } }],
    series: Uint32Array.of(0),
    group: Uint32Array.of(0),
    from: Float64Array.of(0),
    to: Float64Array.of(1e15),
  };
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;

  beforeEach(async () => {
    instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    connection = await instance.connect();
    await ensureSchema(connection);
    await connection.run('INSERT INTO raw SELECT 0, i * 1000, 1, 0 FROM range(300000) t(i)');
  });
  afterEach(() => {
    connection.disconnectSync();
    instance.closeSync();
  });

  it('throws when it is interrupted in the middle, as the engine itself does not', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const read = async () => {
      const query = { plan: planOf({ limit: 300_000 }), selection, unsealed: { touched: true }, few: 0 };
      for await (const _ of runQuery(connection, query, controller.signal)) controller.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });

  it.each([
    ['taken whole', { limit: 100_000 }, 0],
    ['streamed', { limit: 300_000 }, 0],
    ['aggregated', { aggregate: ['count'] }, 0],
    ['fetched as they are', { limit: 100_000 }, 300_000],
  ] as const)('asks again for readings %s when unsealed ones have come before its snapshot', async (_, asked, few) => {
    let looks = 0;
    const unsealed = {
      get touched() {
        return looks++ > 0;
      },
    };
    const plan = planOf(asked);
    const query = { plan, selection, unsealed, few };
    expect(await collect(runQuery(connection, query, new AbortController().signal))).toHaveLength(1);
    expect(looks).toBe(2);
  });
});
