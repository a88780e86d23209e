import { afterEach, describe, expect, it } from '@jest/globals';
import { JOURNAL_START, StoreUnavailableError, type Cursor } from '@seawall/ports';
import { collect, planOf, readingsChange } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { startFakeInflux, type FakeInflux } from './testing/fake-influx.ts';
import { influxSuite } from './testing/influx-suite.ts';

const T0 = Date.UTC(2026, 2, 1);

describe('with an InfluxDB 2', () => {
  let fake: FakeInflux | undefined;
  afterEach(() => fake?.close());
  const open = (over: Parameters<typeof startFakeInflux>[0] = {}) =>
    startFakeInflux(over).then((started) => {
      fake = started;
      return openInfluxStore({ url: `${started.url}/influx/`, token: 'secret', org: 'city' });
    });

  it('makes the buckets that are missing, and writes to them', async () => {
    const store = await open({ buckets: ['seawall/raw', 'other'] });
    expect(await store.cursor()).toBe(JOURNAL_START);
    expect(fake!.buckets.sort()).toEqual(['other', 'seawall/1h', 'seawall/1m', 'seawall/hub', 'seawall/raw']);
    await store.write([readingsChange(1, [['e/a/m', T0, 1.5]])], '1' as Cursor);
    await store.close();
    const raw = fake!.seen.find(
      ({ path, parameters }) => path === '/influx/api/v2/write' && parameters['bucket'] === 'seawall/raw',
    )!;
    expect(raw.parameters).toEqual({ org: 'city', bucket: 'seawall/raw', precision: 'us' });
    expect(raw.body).toBe(`e,device=a,district=unknown,type=unknown m=1.5 ${T0 * 1000}`);
    expect(new Set(fake!.seen.map(({ authorization }) => authorization))).toEqual(new Set(['Token secret']));
  });

  it('says which bucket to make where it may not', async () => {
    const store = await open({ mayCreate: false });
    await expect(store.cursor()).rejects.toThrow(/make the bucket "seawall\/raw" by hand/);
    await store.close();
  });

  it('says that an organisation must be named where there is not one', async () => {
    const store = await open({ orgs: [] });
    await expect(store.cursor()).rejects.toThrow(/0 organisations/);
    await store.close();
  });
});

describe('with an InfluxDB 3', () => {
  it('says that it can delete nothing, which is needed', async () => {
    const fake = await startFakeInflux({ version: '3.2.1' });
    const store = await openInfluxStore({ url: fake.url });
    await expect(store.cursor()).rejects.toThrow(/InfluxDB 3 deletes no readings.*take InfluxDB 1\.8 or 2/);
    await store.close();
    await fake.close();
  });
});

it.each(['', 'influx', 'ftp://x', 'http//x'])('refuses "%s" as an address', async (url) => {
  await expect(openInfluxStore({ url })).rejects.toThrow(/is not the address of an InfluxDB/);
});

influxSuite(
  (server) => {
    const admin = (q: string) =>
      fetch(`${server().url}/query?${new URLSearchParams({ q, u: 'root', p: 'it\'s "secret"' }).toString()}`, {
        method: 'POST',
      });

    it('lets a user of InfluxDB 1 in, and says what an administrator has to do for one who may not', async () => {
      await admin(`CREATE USER root WITH PASSWORD 'it\\'s "secret"' WITH ALL PRIVILEGES`);
      await admin(`CREATE USER hub WITH PASSWORD 'hub'`);
      const database = server().newDatabase();
      const asHub = () => openInfluxStore({ url: server().url, database, token: 'hub:hub' });
      const stranger = await openInfluxStore({ url: server().url, database });
      await expect(stranger.cursor()).rejects.toThrow(/does not let Seawall in/);
      await stranger.close();
      const hub = await asHub();
      await expect(hub.cursor()).rejects.toThrow(StoreUnavailableError);
      const root = await openInfluxStore({ url: server().url, database, token: 'root:it\'s "secret"' });
      expect(await root.cursor()).toBe(JOURNAL_START);
      await root.close();
      await admin(`GRANT ALL ON "${database}" TO hub`);
      await hub.write([readingsChange(1, [['e/a/m', T0, 1]])], '1' as Cursor);
      expect(await collect(hub.query(planOf({})))).toMatchObject([{ values: { value: [1] } }]);
      expect(await hub.status()).toMatchObject({ readings: 1 });
      await hub.close();
    });
  },
  { sections: { http: 'auth-enabled = true' } },
);

influxSuite(
  (server) => {
    it('stores the others and refuses those for which the limits of InfluxDB leave no room', async () => {
      const store = await openInfluxStore({ url: server().url, database: server().newDatabase() });
      const readings = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => [`e/d${from + i}/m`, T0, i] as const);
      const refused: string[] = [];
      const write = (seq: number, from: number, to: number) =>
        store.write([readingsChange(seq, readings(from, to))], String(seq) as Cursor, async (all) => {
          for (const { series, detail } of all) refused.push(`${series.device}: ${detail}`);
        });
      // InfluxDB looks before each body how many there are; bodies of several devices go side by side.
      for (let i = 0; i < 15; i++) await write(i + 1, i, i + 1);
      expect(refused).toEqual([]);
      await write(16, 10, 40);
      expect(refused.map((text) => text.split(':')[0]).sort()).toEqual(
        readings(15, 40).map(([path]) => path.split('/')[1]),
      );
      expect(refused[0]).toMatch(/max-values-per-tag limit exceeded.*Raise this limit/);
      const { items } = await store.series({}, { limit: 100 });
      const found = await collect(store.query(planOf({})));
      expect(found).toHaveLength(15);
      expect(items.map(({ device }) => device)).toEqual(found.map(({ labels }) => labels['device']));
      expect(await store.status()).toMatchObject({ readings: 15, series: 15 });
      await store.close();
    });
  },
  // One more for the series that keeps the measurement.
  { sections: { data: 'max-values-per-tag = 16' } },
);
