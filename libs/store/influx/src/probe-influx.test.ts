import { expect, it } from '@jest/globals';
import { probeInflux } from './probe-influx.ts';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

it('finds nobody where nobody listens', async () => {
  const url = 'http://me:secret@127.0.0.1:9';
  expect(await probeInflux({ url })).toEqual({
    place: 'http://127.0.0.1:9',
    database: 'seawall',
    version: undefined,
    write: 'not tried',
    failure: 'InfluxDB at http://127.0.0.1:9 is not there: the connection was refused.',
  });
});

influxSuite((server) => {
  it('finds whether there is a database, and whether it takes writes, and writes nothing', async () => {
    const options = { url: server().url, database: server().newDatabase() };
    expect(await probeInflux(options)).toMatchObject({ version: server().version, write: 'absent' });
    const store = await openInfluxStore(options);
    await store.cursor();
    expect(await probeInflux(options)).toMatchObject({ write: 'taken', failure: undefined });
    expect(await store.status()).toMatchObject({ readings: 0, series: 0 });
    await store.close();
  });
});
