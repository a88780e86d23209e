import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StoreUnavailableError, type Cursor, type SeriesStore } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { answer, startFaultyProxy, type FaultyProxy, type Passing } from './testing/faulty-proxy.ts';
import { influxSuite } from './testing/influx-suite.ts';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 2, 1);
const at = (seq: number) => String(seq) as Cursor;
const statementOf = ({ body }: Pick<Passing, 'body'>) => new URLSearchParams(body).get('q') ?? '';
const removesOf = (measurement: string) => (passing: Passing) => statementOf(passing).startsWith(`DELETE FROM "${measurement}"`); // prettier-ignore
const READINGS: readonly PlainReading[] = [
  ...[0, 1, 2, 3].map((i): PlainReading => ['e/a/m', T0 + i, i]),
  ['f/b/m', T0, 1],
];

influxSuite((server) => {
  let proxy: FaultyProxy;
  let store: SeriesStore;

  beforeEach(async () => {
    proxy = await startFaultyProxy(server().url);
    store = await openInfluxStore({ url: proxy.url, database: server().newDatabase() });
    await store.write([readingsChange(1, READINGS)], at(1));
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  /** Holds the first request of a kind. @returns when it is there, and how to let it go on */
  const holding = (isIt: (passing: Passing) => boolean) => {
    let arrive = () => {};
    let release = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    let held = false;
    proxy.setFault(async (passing) => {
      if (!held && isIt(passing)) {
        held = true;
        arrive();
        await released;
      }
      answer(passing.response, await passing.forward());
    });
    return { arrived, release };
  };
  const counts = async (domain: string, over = {}) => {
    const plan = planOf({ aggregate: ['count'], where: { domain: [domain] }, ...over });
    return (await collect(store.query(plan))).map(({ labels, values }) => [labels['district'], ...values['count']!]);
  };
  const describe = (seq: number, district: string) =>
    store.write([{ kind: 'labels', device: 'a', spans: [{ from: -Infinity, labels: { district } }] }], at(seq));

  it('whoever is the first to have a label keeps its readings', async () => {
    await describe(2, 'x');
    const labels = { district: 'x', site: 's' };
    await store.write([{ kind: 'labels', device: 'a', spans: [{ from: -Infinity, labels }] }], at(3));
    expect(await counts('e', { groupBy: ['district', 'site'] })).toEqual([['x', 4]]);
  });

  it('a question in the middle of a move is answered after it, and has each reading once', async () => {
    const removal = holding(removesOf('e'));
    const moved = describe(2, 'x');
    await removal.arrived;
    // They stand under the new labels by now, and under the old ones still.
    let answers = 0;
    const [whole, byDistrict] = [counts('e'), counts('e', { groupBy: ['district'] })];
    for (const counted of [whole, byDistrict]) void counted.then(() => answers++);
    expect(await counts('f')).toEqual([[undefined, 1]]);
    expect(answers).toBe(0);
    removal.release();
    await moved;
    expect(await whole).toEqual([[undefined, 4]]);
    expect(await byDistrict).toEqual([['x', 4]]);
  });

  it('a move waits for a question that reads what it moves', async () => {
    const reading = holding((passing) => /^SELECT count\("m"/.test(statementOf(passing)));
    const counted = counts('e');
    await reading.arrived;
    const before = proxy.seen.length;
    const moved = describe(2, 'x');
    expect(await counts('f')).toEqual([[undefined, 1]]);
    expect(proxy.seen.slice(before).map(statementOf)).toEqual([expect.stringMatching(/^SELECT count/)]);
    reading.release();
    expect(await counted).toEqual([[undefined, 4]]);
    await moved;
    expect(await counts('e', { groupBy: ['district'] })).toEqual([['x', 4]]);
  });

  it('what a move that failed has left is told nobody before it has been repeated', async () => {
    proxy.setFault(async (passing) => {
      if (removesOf('e')(passing)) passing.response.destroy();
      else answer(passing.response, await passing.forward());
    });
    await expect(describe(2, 'x')).rejects.toThrow(StoreUnavailableError);
    proxy.setFault(undefined);
    await expect(counts('e')).rejects.toThrow(/are just being moved/);
    await describe(2, 'x');
    expect(await counts('e', { groupBy: ['district'] })).toEqual([['x', 4]]);
  });

  it('what expires stays for who has asked before, and is gone for who asks meanwhile', async () => {
    const reading = holding((passing) => /^SELECT count\("m"/.test(statementOf(passing)));
    const counted = counts('e');
    await reading.arrived;
    const retention = { raw: { e: 4 * DAY }, '1m': { e: 4 * DAY }, '1h': { e: 4 * DAY } };
    const expired = store.maintain({ now: T0 + 10 * DAY, retention, expireOnly: true });
    await Promise.race([expired, until(async () => (await counts('e', { from: T0, to: T0 + DAY })).length === 0)]);
    expect(proxy.seen.some((passing) => removesOf('e')(passing as Passing))).toBe(false);
    reading.release();
    expect(await counted).toEqual([[undefined, 4]]);
    await expired;
    expect(proxy.seen.some((passing) => removesOf('e')(passing as Passing))).toBe(true);
    expect(await counts('f')).toEqual([[undefined, 1]]);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}
