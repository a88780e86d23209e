import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UNDESCRIBED } from '@seawall/model';
import {
  JOURNAL_START,
  QueryTimeoutError,
  StoreUnavailableError,
  type Cursor,
  type RefusedReading,
  type SeriesStore,
  type StoreChange,
} from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import { retryAfterOf } from './influx-failures.ts';
import { openInfluxStore } from './open-influx-store.ts';
import { answer, startFaultyProxy, type Fault, type FaultyProxy, type Passing } from './testing/faulty-proxy.ts';
import { influxSuite } from './testing/influx-suite.ts';

const T0 = Date.UTC(2026, 2, 1);
const at = (seq: number) => String(seq) as Cursor;
const isWrite = ({ path, parameters }: Pick<Passing, 'path' | 'parameters'>) =>
  path === '/write' && parameters.get('rp') === 'raw';

/** A fault of writes alone. */
function ofWrites(fault: Fault): Fault {
  return async (passing) => (isWrite(passing) ? fault(passing) : answer(passing.response, await passing.forward()));
}

function answers(status: number, body: object, headers: Record<string, string> = {}): Fault {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

influxSuite((server) => {
  let proxy: FaultyProxy;
  let database: string;
  let store: SeriesStore;
  const open = (requestTimeoutMs = 30_000, queryTimeoutMs = 30_000) =>
    openInfluxStore({ url: proxy.url, database, requestTimeoutMs, queryTimeoutMs });
  /** The same store, of which a request may take a second and a half. */
  const impatient = async () => {
    await store.close();
    store = await open(1_500);
    await store.cursor();
  };
  const write = (seq: number, ...readings: PlainReading[]) => store.write([readingsChange(seq, readings)], at(seq));
  const values = async () => (await collect(store.query(planOf({})))).map((series) => series.values['value']);
  const failure = async (promise: Promise<unknown>) => {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StoreUnavailableError);
    return error as StoreUnavailableError;
  };

  beforeEach(async () => {
    proxy = await startFaultyProxy(server().url);
    database = server().newDatabase();
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  describe('an InfluxDB that', () => {
    it('hangs makes a write fail in time, and takes it when it answers again', async () => {
      await write(1, ['e/a/m', T0, 1]);
      await impatient();
      proxy.setFault(() => undefined);
      expect((await failure(write(2, ['e/a/m', T0 + 1, 2]))).message).toMatch(/does not answer in time/);
      expect((await failure(store.series({}, { limit: 1 }))).message).toMatch(/does not answer in time/);
      proxy.setFault(undefined);
      await write(2, ['e/a/m', T0 + 1, 2]);
      expect(await values()).toEqual([[1, 2]]);
      expect(await store.status()).toMatchObject({ readings: 2 });
    });

    it('asks to be left alone is quoted with how long', async () => {
      await store.cursor();
      proxy.setFault(ofWrites(answers(429, { message: 'too many requests' }, { 'retry-after': '7' })));
      const error = await failure(write(1, ['e/a/m', T0, 1]));
      expect(error.message).toMatch(/429: too many requests/);
      expect(error.retryAfterMs).toBe(7_000);
      proxy.setFault(undefined);
      await write(1, ['e/a/m', T0, 1]);
      expect(await values()).toEqual([[1]]);
    });

    it.each<[string, number, object, RegExp]>([
      ['is overloaded', 503, { error: 'timeout' }, /503: timeout/],
      [
        'has a full disk',
        500,
        { error: 'engine: write /wal: no space left on device' },
        /500: .*no space left on device/,
      ],
      [
        'lets nobody in',
        401,
        { error: 'authorization failed' },
        /does not let Seawall in \(authorization failed\); give it a token/,
      ],
    ])('%s is quoted', async (_, status, body, sentence) => {
      await store.cursor();
      proxy.setFault(ofWrites(answers(status, body)));
      expect((await failure(write(1, ['e/a/m', T0, 1]))).message).toMatch(sentence);
      expect(await store.cursor()).toBe(JOURNAL_START);
    });

    it('is not there keeps nobody from opening the store, which works once it comes', async () => {
      const gone = await startFaultyProxy(server().url);
      await gone.close();
      const early = await openInfluxStore({ url: gone.url });
      expect((await failure(early.cursor())).message).toMatch(/the connection was refused/);
      await expect(collect(early.query(planOf({})))).rejects.toThrow(StoreUnavailableError);
      await early.close();
      proxy.setFault(answers(503, { error: 'starting' }));
      await failure(store.cursor());
      proxy.setFault(undefined);
      expect(await store.cursor()).toBe(JOURNAL_START);
    });

    it('takes a body and is cut off before it says so has its readings once', async () => {
      await write(1, ['e/a/m', T0, 1]);
      proxy.setFault(
        ofWrites(async ({ forward, response }) => {
          await forward();
          response.destroy();
        }),
      );
      await failure(write(2, ['e/a/m', T0 + 1, 2], ['e/b/m', T0 + 1, 3]));
      proxy.setFault(undefined);
      expect(await store.cursor()).toBe('1');
      await write(2, ['e/a/m', T0 + 1, 2], ['e/b/m', T0 + 1, 3]);
      expect(await values()).toEqual([[1, 2], [3]]);
      expect(await store.status()).toMatchObject({ readings: 3, series: 2 });
    });

    it('breaks an answer off in the middle never makes it look whole', async () => {
      await write(1, ...Array.from({ length: 30_000 }, (_, i): PlainReading => ['e/a/m', T0 + i, i]));
      const plan = planOf({ limit: 100_000 });
      const ofQueries =
        (cut: (body: Buffer, passing: Passing) => void): Fault =>
        async (passing) => {
          const whole = await passing.forward();
          if (!passing.body.includes('LIMIT')) return answer(passing.response, whole);
          passing.response.writeHead(200, { 'content-type': 'application/json' });
          cut(whole.body, passing);
        };
      const secondLine = (body: Buffer) => body.indexOf('\n', body.indexOf('\n') + 1) + 1;
      const faults: Fault[] = [
        ofQueries((body, { response }) => response.end(body.subarray(0, secondLine(body)))),
        ofQueries((body, { response }) => response.end(body.subarray(0, secondLine(body) + 1_000))),
        ofQueries((body, { response }) => response.write(body.subarray(0, secondLine(body)), () => response.destroy())),
      ];
      for (const fault of faults) {
        proxy.setFault(fault);
        await failure(collect(store.query(plan)));
      }
      proxy.setFault(undefined);
      expect((await collect(store.query(plan)))[0]!.time).toHaveLength(30_000);
    });

    it('says in the middle of an answer what went wrong is quoted', async () => {
      await write(1, ['e/a/m', T0, 1]);
      proxy.setFault(async ({ body, response, forward }) => {
        if (!body.includes('LIMIT')) return answer(response, await forward());
        response.end('{"results":[{"statement_id":0,"error":"cursor: file already closed"}]}\n');
      });
      expect((await failure(collect(store.query(planOf({}))))).message).toMatch(/file already closed/);
    });

    it('works on a query for too long is told apart from one that hangs', async () => {
      await store.close();
      store = await open(30_000, 300);
      await write(1, ['e/a/m', T0, 1]);
      proxy.setFault(async (passing) => {
        if (passing.path === '/ping') answer(passing.response, await passing.forward());
      });
      await expect(collect(store.query(planOf({})))).rejects.toThrow(QueryTimeoutError);
      proxy.setFault(() => undefined);
      await expect(collect(store.query(planOf({})))).rejects.toThrow(StoreUnavailableError);
    });

    it('hangs does not hold up a close', async () => {
      await store.cursor();
      let came = () => {};
      const arrived = new Promise<void>((resolve) => (came = resolve));
      proxy.setFault(() => came());
      const writing = failure(write(1, ['e/a/m', T0, 1]));
      await arrived;
      await store.close();
      expect((await writing).message).toBe('The series store is closed.');
      await failure(store.cursor());
    });

    it('stops with bodies in its sockets does not let them win over what came later', async () => {
      await write(1, ['e/a/m', T0, 0]);
      await impatient();
      server().pause();
      try {
        await failure(write(2, ['e/a/m', T0, 1]));
        await failure(write(2, ['e/a/m', T0, 1]));
      } finally {
        server().resume();
      }
      await store.close();
      store = await open();
      await write(2, ['e/a/m', T0, 1]);
      await write(3, ['e/a/m', T0, 2]);
      expect(await values()).toEqual([[2]]);
    });
  });

  describe('bodies', () => {
    it('go one after the other, in the order of what they hold', async () => {
      await store.cursor();
      const inFlight = { now: 0, most: 0 };
      proxy.setFault(
        ofWrites(async ({ response, forward }) => {
          inFlight.most = Math.max(inFlight.most, ++inFlight.now);
          const answered = await forward();
          inFlight.now--;
          answer(response, answered);
        }),
      );
      const readings = Array.from({ length: 60_000 }, (_, i): PlainReading => [`e/d${i % 97}/m`, T0 + (i % 3), i]);
      await write(1, ...readings);
      expect(inFlight.most).toBe(1);
      expect(proxy.seen.filter(isWrite).length).toBeGreaterThan(8);
      const last = readings.filter(([path]) => path === 'e/d5/m').slice(-3);
      const [found] = await collect(store.query(planOf({ where: { device: ['d5'] } })));
      expect(found!.values['value']).toEqual(last.sort((a, b) => a[1] - b[1]).map(([, , value]) => value));
    });

    it('hold what one device says at one moment in one line', async () => {
      await store.cursor();
      await write(1, ['e/a/m', T0, 1], ['e/a/n', T0, 2], ['e/b/m', T0, 3], ['e/a/m', T0 + 1, 4]);
      const lines = proxy.seen.filter(isWrite).flatMap(({ body }) => body.split('\n'));
      expect(lines.sort()).toEqual([
        `e,device=a,district=unknown,type=unknown m=1,n=2 ${T0 * 1000}`,
        `e,device=a,district=unknown,type=unknown m=4 ${T0 * 1000 + 1000}`,
        `e,device=b,district=unknown,type=unknown m=3 ${T0 * 1000}`,
      ]);
    });
  });

  describe('readings that InfluxDB refuses', () => {
    const refusals: RefusedReading[] = [];
    const onRefused = async (refused: readonly RefusedReading[]) => {
      refusals.push(...refused);
    };
    beforeEach(async () => {
      refusals.length = 0;
      await store.cursor();
      const body = `e,device=other m=1i ${T0 * 1000}`;
      const path = new URLSearchParams({ db: database, rp: 'raw', precision: 'u' });
      expect((await fetch(`${server().url}/write?${path.toString()}`, { method: 'POST', body })).status).toBe(204);
    });
    const readings = Array.from({ length: 6_000 }, (_, i): PlainReading[] => [
      ...(i % 1_500 === 7 ? [[`e/a${i % 50}/m`, T0 + i, i] as const] : []),
      [`e/a${i % 50}/n`, T0 + i, i],
      [`f/a${i % 50}/m`, T0 + i, i],
    ]).flat();

    it('are found, told before the cursor moves, and keep no other from being stored', async () => {
      await store.write([readingsChange(3, readings)], at(3), async (refused) => {
        const stored = await fetch(
          `${server().url}/query?${new URLSearchParams({ db: database, q: 'SELECT * FROM "hub"."hub/cursor"' }).toString()}`,
        );
        expect(await stored.text()).not.toContain('"3"');
        await onRefused(refused);
      });
      expect(refusals.map(({ series, eventTime, value }) => [series.device, series.metric, eventTime, value])).toEqual(
        [7, 1507, 3007, 4507].map((i) => [`a${i % 50}`, 'm', T0 + i, i]),
      );
      expect(refusals[0]).toMatchObject({ seq: 3, series: { domain: 'e' } });
      expect(refusals[0]!.detail).toMatch(
        /field type conflict.*already exists as type integer\. Give the metric another name/,
      );
      expect(await store.cursor()).toBe('3');
      expect(await store.status()).toMatchObject({ domains: { e: 6_001, f: 6_000 } });
    });

    it('cost few requests, and none for the next minute', async () => {
      await store.write([readingsChange(1, readings)], at(1), onRefused);
      expect(proxy.seen.filter(isWrite).length).toBeLessThan(60);
      const before = proxy.seen.filter(isWrite).length;
      await store.write(
        [
          readingsChange(2, [
            ['e/z/m', T0, 1],
            ['e/z/n', T0, 2],
          ]),
        ],
        at(2),
        onRefused,
      );
      expect(proxy.seen.filter(isWrite).length).toBe(before + 1);
      expect(refusals.at(-1)).toMatchObject({ seq: 2, series: { device: 'z', metric: 'm' } });
    });

    it('fail the write where nobody wants to know of them', async () => {
      expect((await failure(write(1, ...readings))).message).toMatch(/can't be stored.*field type conflict/);
      expect(await store.cursor()).toBe(JOURNAL_START);
    });

    it('hold up the cursor as long as nobody could be told', async () => {
      const failed = store.write([readingsChange(1, readings)], at(1), () =>
        Promise.reject(new Error('The log is full.')),
      );
      await expect(failed).rejects.toThrow('The log is full.');
      expect(await store.cursor()).toBe(JOURNAL_START);
    });
  });

  it('a crash at any request leaves what the same changes make whole again', async () => {
    // The second description takes back what the first said of the beginning: after a crash both may come at once.
    const changes: StoreChange[] = [
      readingsChange(
        1,
        [0, 1, 2, 3].flatMap((i): PlainReading[] => [
          ['e/a/m', T0 + i, i],
          ['f/a/n', T0 + i, -i],
          ['e/b/m', T0 + i, 7],
        ]),
      ),
      { kind: 'labels', device: 'a', spans: [{ from: -Infinity, labels: { district: 'x' } }] },
      readingsChange(3, [
        ['e/a/m', T0 + 1, 10],
        ['e/a/m', T0 + 9, 9],
      ]),
      {
        kind: 'labels',
        device: 'a',
        spans: [
          { from: -Infinity, labels: UNDESCRIBED },
          { from: T0 + 2, labels: { site: 's' } },
        ],
      },
      readingsChange(5, [['e/a/m', T0 + 3, 30]]),
    ];
    const plans = [
      planOf({ metrics: ['m', 'n'] }),
      planOf({ metrics: ['m', 'n'], aggregate: ['sum', 'count'], groupBy: ['district', 'site'] }),
    ];
    const plain = createMemorySeriesStore();
    for (const [i, change] of changes.entries()) await plain.write([change], at(i + 1));
    const expected = await Promise.all(plans.map((plan) => collect(plain.query(plan))));
    // Until a run has no fault any more.
    for (let nth = 1, struck = true; struck; nth++) {
      for (const forwards of [false, true]) {
        database = server().newDatabase();
        let count = 0;
        struck = false;
        proxy.setFault(async (passing) => {
          if (++count !== nth) return answer(passing.response, await passing.forward());
          struck = true;
          if (forwards) await passing.forward();
          passing.response.destroy();
        });
        await store.close();
        store = await open();
        // What a writer does: from the cursor on; after a crash in larger stretches.
        for (let stretch = 1; ; stretch = 3) {
          const done = await store
            .cursor()
            .then((cursor) => writeFrom(store, changes, Number(cursor), stretch))
            .then(
              () => true,
              () => false,
            );
          if (done) break;
          await store.close();
          store = await open();
        }
        proxy.setFault(undefined);
        for (const [i, plan] of plans.entries()) expect(await collect(store.query(plan))).toEqual(expected[i]);
        expect(await store.status()).toMatchObject({ readings: (await plain.status()).readings });
      }
    }
  }, 120_000);

  it('says how to make a backup instead of making one', async () => {
    await expect(store.backup('/tmp/none')).rejects.toThrow(/influxd backup/);
  });
});

async function writeFrom(
  store: SeriesStore,
  changes: readonly StoreChange[],
  written: number,
  stretch: number,
): Promise<void> {
  for (let begin = written; begin < changes.length; begin += stretch) {
    const end = Math.min(changes.length, begin + stretch);
    await store.write(changes.slice(begin, end), at(end));
  }
}

describe('Retry-After', () => {
  it('is seconds, or a date', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterOf('120', now)).toBe(120_000);
    expect(retryAfterOf('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
    expect(retryAfterOf('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(retryAfterOf(undefined, now)).toBeUndefined();
    expect(retryAfterOf('soon', now)).toBeUndefined();
  });
});
