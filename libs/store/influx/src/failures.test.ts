import { describe, expect, it } from '@jest/globals';
import { JOURNAL_START, QueryTimeoutError, StoreUnavailableError } from '@seawall/ports';
import { collect, planOf, type PlainReading } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { answer, answers, lost, ofWrites, startFaultyProxy, type Fault, type Passing } from './testing/faulty-proxy.ts';
import { failure, faultyInfluxSuite, T0 } from './testing/faulty-store.ts';

faultyInfluxSuite((faulty) => {
  describe('an InfluxDB that', () => {
    it('hangs makes a write fail in time, and takes it when it answers again', async () => {
      await faulty.write(1, ['e/a/m', T0, 1]);
      await faulty.reopen(1_500);
      await faulty.store.cursor();
      faulty.proxy.setFault(() => undefined);
      expect((await failure(faulty.write(2, ['e/a/m', T0 + 1, 2]))).message).toMatch(/does not answer in time/);
      expect((await failure(faulty.store.series({}, { limit: 1 }))).message).toMatch(/does not answer in time/);
      faulty.proxy.setFault(undefined);
      await faulty.write(2, ['e/a/m', T0 + 1, 2]);
      expect(await faulty.values()).toEqual([[1, 2]]);
      expect(await faulty.store.status()).toMatchObject({ readings: 2 });
    });

    it('asks to be left alone is quoted with how long', async () => {
      await faulty.store.cursor();
      faulty.proxy.setFault(ofWrites(answers(429, { message: 'too many requests' }, { 'retry-after': '7' })));
      const error = await failure(faulty.write(1, ['e/a/m', T0, 1]));
      expect(error.message).toMatch(/429: too many requests/);
      expect(error.retryAfterMs).toBe(7_000);
      faulty.proxy.setFault(undefined);
      await faulty.write(1, ['e/a/m', T0, 1]);
      expect(await faulty.values()).toEqual([[1]]);
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
      await faulty.store.cursor();
      faulty.proxy.setFault(ofWrites(answers(status, body)));
      expect((await failure(faulty.write(1, ['e/a/m', T0, 1]))).message).toMatch(sentence);
      expect(await faulty.store.cursor()).toBe(JOURNAL_START);
    });

    it('is not there keeps nobody from opening the store, which works once it comes', async () => {
      const gone = await startFaultyProxy(faulty.server.url);
      await gone.close();
      const early = await openInfluxStore({ url: gone.url });
      expect((await failure(early.cursor())).message).toMatch(/the connection was refused/);
      await expect(collect(early.query(planOf({})))).rejects.toThrow(StoreUnavailableError);
      await early.close();
      faulty.proxy.setFault(answers(503, { error: 'starting' }));
      await failure(faulty.store.cursor());
      faulty.proxy.setFault(undefined);
      expect(await faulty.store.cursor()).toBe(JOURNAL_START);
    });

    it('takes a body and is cut off before it says so has its readings once', async () => {
      await faulty.write(1, ['e/a/m', T0, 1]);
      faulty.proxy.setFault(ofWrites(lost));
      await failure(faulty.write(2, ['e/a/m', T0 + 1, 2], ['e/b/m', T0 + 1, 3]));
      faulty.proxy.setFault(undefined);
      expect(await faulty.store.cursor()).toBe('1');
      await faulty.write(2, ['e/a/m', T0 + 1, 2], ['e/b/m', T0 + 1, 3]);
      expect(await faulty.values()).toEqual([[1, 2], [3]]);
      expect(await faulty.store.status()).toMatchObject({ readings: 3, series: 2 });
    });

    it('breaks an answer off in the middle never makes it look whole', async () => {
      await faulty.write(1, ...Array.from({ length: 30_000 }, (_, i): PlainReading => ['e/a/m', T0 + i, i]));
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
        faulty.proxy.setFault(fault);
        await failure(collect(faulty.store.query(plan)));
      }
      faulty.proxy.setFault(undefined);
      expect((await collect(faulty.store.query(plan)))[0]!.time).toHaveLength(30_000);
    });

    it('says in the middle of an answer what went wrong is quoted', async () => {
      await faulty.write(1, ['e/a/m', T0, 1]);
      faulty.proxy.setFault(async ({ body, response, forward }) => {
        if (!body.includes('LIMIT')) return answer(response, await forward());
        response.end('{"results":[{"statement_id":0,"error":"cursor: file already closed"}]}\n');
      });
      expect((await failure(collect(faulty.store.query(planOf({}))))).message).toMatch(/file already closed/);
    });

    it('works on a query for too long is told apart from one that hangs', async () => {
      await faulty.reopen(30_000, 300);
      await faulty.write(1, ['e/a/m', T0, 1]);
      faulty.proxy.setFault(async (passing) => {
        if (passing.path === '/ping') answer(passing.response, await passing.forward());
      });
      await expect(collect(faulty.store.query(planOf({})))).rejects.toThrow(QueryTimeoutError);
      faulty.proxy.setFault(() => undefined);
      await expect(collect(faulty.store.query(planOf({})))).rejects.toThrow(StoreUnavailableError);
    });

    it('hangs does not hold up a close', async () => {
      await faulty.store.cursor();
      let came = () => {};
      const arrived = new Promise<void>((resolve) => (came = resolve));
      faulty.proxy.setFault(() => came());
      const writing = failure(faulty.write(1, ['e/a/m', T0, 1]));
      await arrived;
      await faulty.store.close();
      expect((await writing).message).toBe('The series store is closed.');
      await failure(faulty.store.cursor());
    });

    it('stops with bodies in its sockets does not let them win over what came later', async () => {
      await faulty.write(1, ['e/a/m', T0, 0]);
      await faulty.reopen(1_500);
      await faulty.store.cursor();
      faulty.server.pause();
      try {
        await failure(faulty.write(2, ['e/a/m', T0, 1]));
        await failure(faulty.write(2, ['e/a/m', T0, 1]));
      } finally {
        faulty.server.resume();
      }
      await faulty.reopen();
      await faulty.write(2, ['e/a/m', T0, 1]);
      await faulty.write(3, ['e/a/m', T0, 2]);
      expect(await faulty.values()).toEqual([[2]]);
    });
  });

  it('says how to make a backup instead of making one', async () => {
    await expect(faulty.store.backup('/tmp/none')).rejects.toThrow(/influxd backup/);
  });
});
