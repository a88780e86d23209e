import { beforeEach, describe, expect, it } from '@jest/globals';
import { JOURNAL_START, type RefusedReading } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { answer, isWrite, ofWrites } from './testing/faulty-proxy.ts';
import { at, failure, faultyInfluxSuite, T0 } from './testing/faulty-store.ts';

faultyInfluxSuite((faulty) => {
  describe('bodies', () => {
    it('go one after the other, in the order of what they hold', async () => {
      await faulty.store.cursor();
      const inFlight = { now: 0, most: 0 };
      faulty.proxy.setFault(
        ofWrites(async ({ response, forward }) => {
          inFlight.most = Math.max(inFlight.most, ++inFlight.now);
          const answered = await forward();
          inFlight.now--;
          answer(response, answered);
        }),
      );
      const readings = Array.from({ length: 60_000 }, (_, i): PlainReading => [`e/d${i % 97}/m`, T0 + (i % 3), i]);
      await faulty.write(1, ...readings);
      expect(inFlight.most).toBe(1);
      expect(faulty.proxy.seen.filter(isWrite).length).toBeGreaterThan(8);
      const last = readings.filter(([path]) => path === 'e/d5/m').slice(-3);
      const [found] = await collect(faulty.store.query(planOf({ where: { device: ['d5'] } })));
      expect(found!.values['value']).toEqual(last.sort((a, b) => a[1] - b[1]).map(([, , value]) => value));
    });

    it('hold what one device says at one moment in one line', async () => {
      await faulty.store.cursor();
      await faulty.write(1, ['e/a/m', T0, 1], ['e/a/n', T0, 2], ['e/b/m', T0, 3], ['e/a/m', T0 + 1, 4]);
      const lines = faulty.proxy.seen.filter(isWrite).flatMap(({ body }) => body.split('\n'));
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
      await faulty.store.cursor();
      const body = `e,device=other m=1i ${T0 * 1000}`;
      const path = new URLSearchParams({ db: faulty.database, rp: 'raw', precision: 'u' });
      expect((await fetch(`${faulty.server.url}/write?${path.toString()}`, { method: 'POST', body })).status).toBe(204);
    });
    const readings = Array.from({ length: 6_000 }, (_, i): PlainReading[] => [
      ...(i % 1_500 === 7 ? [[`e/a${i % 50}/m`, T0 + i, i] as const] : []),
      [`e/a${i % 50}/n`, T0 + i, i],
      [`f/a${i % 50}/m`, T0 + i, i],
    ]).flat();

    it('are found, told before the cursor moves, and keep no other from being stored', async () => {
      await faulty.store.write([readingsChange(3, readings)], at(3), async (refused) => {
        const stored = await fetch(
          `${faulty.server.url}/query?${new URLSearchParams({ db: faulty.database, q: 'SELECT * FROM "hub"."hub/cursor"' }).toString()}`,
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
      expect(await faulty.store.cursor()).toBe('3');
      expect(await faulty.store.status()).toMatchObject({ domains: { e: 6_001, f: 6_000 } });
    });

    it('cost few requests, and none for the next minute', async () => {
      await faulty.store.write([readingsChange(1, readings)], at(1), onRefused);
      expect(faulty.proxy.seen.filter(isWrite).length).toBeLessThan(60);
      const before = faulty.proxy.seen.filter(isWrite).length;
      await faulty.store.write(
        [
          readingsChange(2, [
            ['e/z/m', T0, 1],
            ['e/z/n', T0, 2],
          ]),
        ],
        at(2),
        onRefused,
      );
      expect(faulty.proxy.seen.filter(isWrite).length).toBe(before + 1);
      expect(refusals.at(-1)).toMatchObject({ seq: 2, series: { device: 'z', metric: 'm' } });
    });

    it('fail the write where nobody wants to know of them', async () => {
      expect((await failure(faulty.write(1, ...readings))).message).toMatch(/can't be stored.*field type conflict/);
      expect(await faulty.store.cursor()).toBe(JOURNAL_START);
    });

    it('hold up the cursor as long as nobody could be told', async () => {
      const failed = faulty.store.write([readingsChange(1, readings)], at(1), () =>
        Promise.reject(new Error('The log is full.')),
      );
      await expect(failed).rejects.toThrow('The log is full.');
      expect(await faulty.store.cursor()).toBe(JOURNAL_START);
    });
  });
});
