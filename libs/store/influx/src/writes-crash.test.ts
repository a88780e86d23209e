import { expect, it } from '@jest/globals';
import { UNDESCRIBED } from '@seawall/model';
import type { SeriesStore, StoreChange } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import { answer } from './testing/faulty-proxy.ts';
import { at, faultyInfluxSuite, T0 } from './testing/faulty-store.ts';

const LONG = process.env['SEAWALL_LONG'] === '1';
/** Each run is a database of its own, which takes a second: of three requests one is lost. */
const STEP = LONG ? 1 : 3;
/** Whether InfluxDB has done it, and nobody knows: both, or by turns. */
const FORWARDS = (nth: number) => (LONG ? [false, true] : [nth % 2 === 0]);

faultyInfluxSuite((faulty) => {
  it(`a crash at ${LONG ? 'any' : 'every third'} request leaves what the same changes make whole again`, async () => {
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
    for (let nth = 1, struck = true; struck; nth += STEP) {
      for (const forwards of FORWARDS(nth)) {
        faulty.database = faulty.server.newDatabase();
        let count = 0;
        struck = false;
        faulty.proxy.setFault(async (passing) => {
          if (++count !== nth) return answer(passing.response, await passing.forward());
          struck = true;
          if (forwards) await passing.forward();
          passing.response.destroy();
        });
        await faulty.reopen();
        // What a writer does: from the cursor on; after a crash in larger stretches.
        for (let stretch = 1; ; stretch = 3) {
          const done = await faulty.store
            .cursor()
            .then((cursor) => writeFrom(faulty.store, changes, Number(cursor), stretch))
            .then(
              () => true,
              () => false,
            );
          if (done) break;
          await faulty.reopen();
        }
        faulty.proxy.setFault(undefined);
        for (const [i, plan] of plans.entries()) expect(await collect(faulty.store.query(plan))).toEqual(expected[i]);
        expect(await faulty.store.status()).toMatchObject({ readings: (await plain.status()).readings });
      }
    }
  }, 120_000);
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
