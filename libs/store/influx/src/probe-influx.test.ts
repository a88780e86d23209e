import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { cursorAfter } from '@seawall/ports';
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

it('names the address with its path, which may be what is wrong with it', async () => {
  const server = createServer((_, answer) => void answer.writeHead(404).end('404 page not found'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['/sub', '/sub/']) {
    expect(await probeInflux({ url: url + path })).toMatchObject({
      place: `${url}/sub`,
      failure: `InfluxDB at ${url}/sub answers 404: 404 page not found`,
    });
  }
  expect(await probeInflux({ url: `${url}/` })).toMatchObject({ place: url });
  server.closeAllConnections();
  server.close();
});

it('says of one that speaks no TLS that its address may be another', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await probeInflux({ url })).failure).toBe(
    `InfluxDB at ${url} can not be spoken to by https; perhaps its address begins with http://.`,
  );
  server.closeAllConnections();
  server.close();
});

it('refuses a version that deletes nothing', async () => {
  const server = createServer((_, answer) => void answer.writeHead(204, { 'x-influxdb-version': '3.1.0' }).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await probeInflux({ url })).toMatchObject({
    version: '3.1.0',
    write: 'refused',
    failure: expect.stringContaining('InfluxDB 3 deletes no readings'),
  });
  server.closeAllConnections();
  server.close();
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

  it('finds whether it was written from another log', async () => {
    const options = { url: server().url, database: server().newDatabase() };
    const store = await openInfluxStore({ ...options, log: 'a' });
    await store.cursor();
    expect(await probeInflux({ ...options, log: 'b' })).toMatchObject({ write: 'taken' });
    await store.write([], cursorAfter({ partition: 0, seq: 1 }));
    await store.close();
    for (const log of [{}, { log: 'a' }])
      expect(await probeInflux({ ...options, ...log })).toMatchObject({ write: 'taken', failure: undefined });
    expect(await probeInflux({ ...options, log: 'b' })).toMatchObject({
      write: 'foreign',
      failure: expect.stringMatching(/holds what another hub has written/),
    });
  });
});
