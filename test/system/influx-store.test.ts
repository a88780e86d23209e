import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noInfluxBecause, startInflux, type InfluxServer } from '@seawall/store-influx/testing';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startSeawall } from '../support/background-seawall.ts';
import { pastTheLog } from '../support/hub-metrics.ts';
import { query } from '../support/http.ts';
import { connectMqtt } from '../support/mqtt-recorder.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const DAY = Date.parse('2026-05-05T00:00:00Z');
const SERIES = 40;
/** Of all series together several times what is sent at once. */
const EACH = 750;
/** Each takes half a minute. */
const ROUNDS = (
  [
    ['csv', 'parquet'],
    ['parquet', 'ndjson'],
    ['ndjson', 'csv'],
  ] as const
).slice(0, process.env.SEAWALL_LONG === '1' ? 3 : 1);
const NO_PORTS = ['--mqtt-port', '0', '--mqtt-ws-port', '0', '--http-port', '0'];
/** What names, labels and values may be; none of it is a plain identifier of line protocol or InfluxQL. */
const ODD = [
  { domain: '环境', device: '站 1, "北"', metric: 'pm2.5', unit: 'ug/m3' },
  { domain: '环境', device: "o'neill=\\x", metric: 'time', unit: 'Cel' },
] as const;
const VALUES = [0, 1e-300, 0.1 + 0.2, -1.7976931348623157e308, 123_456_789.123_456_79, 1 / 3];
const DESCRIPTION = { name: '北站', district: '香洲', type: 'air', labels: { 路: '情侣路, "东"' } };

const absent = noInfluxBecause();
if (absent !== undefined) skippedAloud('moving to a real InfluxDB and back', absent);

(absent === undefined ? describe : describe.skip)('a hub that keeps its history in InfluxDB', () => {
  let folder: string;
  let influx: InfluxServer;
  let duckdb: RunningHub;
  const hubs: RunningHub[] = [];

  const onInflux = (...more: string[]) => ['--store', 'influx', '--influx-url', influx.url, ...more];

  async function begin(name: string, args: readonly string[] = []): Promise<RunningHub> {
    const hub = await startHub({ dataDir: join(folder, name), args });
    hubs.push(hub);
    return hub;
  }

  beforeAll(async () => {
    folder = await makeTempDir('influx-store');
    influx = await startInflux(join(folder, 'influx'));
    duckdb = await begin('duckdb');
    const mqtt = await connectMqtt(duckdb.mqtt);
    for (const { domain, device, metric, unit } of ODD) {
      const payload = JSON.stringify({ ...DESCRIPTION, metrics: { [metric]: { unit } } });
      await mqtt.publishAsync(`city/${domain}/${device}/attributes`, payload, { qos: 1 });
    }
    await mqtt.endAsync();
    const odd = ODD.flatMap(({ domain, device, metric }) =>
      VALUES.map((value, i) => ({ domain, device, ts: DAY + i * 7_919 + 0.5, values: { [metric]: value } })),
    );
    const many = Array.from({ length: SERIES * EACH }, (_, i) => ({
      domain: '环境',
      device: `d-${i % SERIES}`,
      ts: DAY + Math.floor(i / SERIES) * 1_000,
      values: { level: i / 7 },
    }));
    for (const body of [odd, many]) {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      const response = await fetch(`${duckdb.http}/api/v1/telemetry`, init);
      expect(await response.json()).toMatchObject({ accepted: body.length, rejected: 0 });
    }
    await pastTheLog(duckdb.http, ['writer', 'registrar']);
  }, 90_000);

  afterAll(async () => {
    for (const hub of hubs) if (hub.isRunning()) await hub.kill9();
    await influx?.kill();
    await removeTempDir(folder);
  }, 60_000);

  const runExport = (hub: RunningHub, file: string) =>
    runSeawall(['export', '--domain', '环境', '--url', hub.http, '-o', file], {}, 60_000);
  const importing = (hub: RunningHub, file: string) => ['import', file, '--url', hub.http, '--mqtt-url', hub.mqtt];

  /** Killed once on its way. @returns what the second run says */
  async function importInterrupted(hub: RunningHub, file: string): Promise<string> {
    const first = startSeawall(importing(hub, file));
    await waitUntil('a part is sent', () => existsSync(`${file}.position.json`), 60_000, 1);
    await first.kill9();
    const { code, stdout, stderr } = await runSeawall(importing(hub, file), {}, 120_000);
    expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/Going on after \d+ readings that were sent/)]);
    return stdout;
  }

  const answers = async ({ http }: RunningHub) => {
    const range = { where: { domain: ['环境'] }, from: DAY, to: DAY + 86_400_000 };
    const raw = await query(http, { metrics: ['pm2.5', 'time'], ...range });
    const summed = await query(http, {
      ...range,
      metrics: ['pm2.5', 'time', 'level'],
      groupBy: ['district', '路', 'device'],
      step: '15m',
      aggregate: ['count', 'min', 'max', 'first', 'last', 'p50'],
    });
    return { raw: raw.series, summed: summed.series };
  };

  it.each(ROUNDS)(
    'takes over what a hub on DuckDB exports as %s, and gives it back as %s, each interrupted on its way',
    async (format, other) => {
      const there = join(folder, `there.${format}`);
      const back = join(folder, `back.${other}`);
      expect((await runExport(duckdb, there)).code).toBe(0);
      const moved = await begin(`influx-${format}`, onInflux('--influx-database', `moved-${format}`));
      const checked = new RegExp(`Each of the ${SERIES + ODD.length} series has in the hub the count and the checksum`);
      expect(await importInterrupted(moved, there)).toMatch(checked);
      const before = await answers(duckdb);
      expect(before.raw).toHaveLength(ODD.length);
      expect(await answers(moved)).toEqual(before);
      expect((await runExport(moved, back)).code).toBe(0);
      const returned = await begin(`duckdb-${format}`);
      expect(await importInterrupted(returned, back)).toMatch(checked);
      expect(await answers(returned)).toEqual(before);
      for (const hub of [moved, returned]) await hub.kill9();
    },
    240_000,
  );

  it('is backed up by InfluxDB’s own tools, and says so', async () => {
    const hub = await begin('first', onInflux('--influx-database', 'shared'));
    const { code, stdout, stderr } = await runSeawall(['backup', '--url', hub.http]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('influxd backup -portable -database shared');
  }, 60_000);

  it('is found well by doctor, which never repeats the token, and ill when InfluxDB is gone', async () => {
    const [hub] = hubs.slice(-1);
    const env = { SEAWALL_INFLUX_TOKEN: 'somebody:a-secret-of-influx' };
    const doctor = (url: string) =>
      runSeawall(
        ['doctor', '--data-dir', hub!.dataDir, '--json', '--url', hub!.http, ...NO_PORTS, '--store', 'influx'].concat(
          ['--influx-database', 'shared'],
          ['--influx-url', url],
        ),
        { env },
      );
    const storeOf = (text: string) =>
      (JSON.parse(text) as { findings: { check: string }[] }).findings.filter(({ check }) => check === 'store');
    const well = await doctor(influx.url);
    expect(storeOf(well.stdout)).toEqual([
      { check: 'store', state: 'ok', says: expect.stringMatching(/^InfluxDB 1\.6\.7.* takes .* into "shared"/) },
    ]);
    const ill = await doctor('http://127.0.0.1:9');
    expect(ill.code).toBe(1);
    expect(storeOf(ill.stdout)).toMatchObject([
      {
        state: 'attention',
        says: expect.stringContaining('is not there'),
        todo: expect.stringContaining('--influx-url'),
      },
    ]);
    for (const { stdout, stderr } of [well, ill]) expect(stdout + stderr).not.toContain('a-secret-of-influx');
  }, 60_000);

  it('refuses a database that another hub has written', async () => {
    const [first] = hubs.slice(-1);
    await pastTheLog(first!.http, ['writer']);
    const data = ['--data-dir', join(folder, 'second')];
    const up = ['up', ...data, '--no-auth', ...NO_PORTS, ...onInflux('--influx-database', 'shared')];
    const { code, stderr } = await runSeawall(up);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^seawall: The database "shared" .* another hub/m)]);
  }, 60_000);
});

describe('a hub whose InfluxDB lets nobody in', () => {
  const SECRET = 'a-secret-of-influx';
  const asked: (string | undefined)[] = [];
  const influx = createServer(({ headers }, answer) => {
    asked.push(headers.authorization);
    answer.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"authorization failed"}');
  });
  let folder: string;
  let hub: RunningHub;

  beforeAll(async () => {
    folder = await makeTempDir('influx-closed');
    influx.listen(0, '127.0.0.1');
    await once(influx, 'listening');
    const url = `http://127.0.0.1:${(influx.address() as AddressInfo).port}`;
    await writeFile(join(folder, 'token'), `${SECRET}\n`);
    const args = ['--store', 'influx', '--influx-url', url, '--influx-token-file', join(folder, 'token')];
    hub = await startHub({ dataDir: join(folder, 'hub'), args });
  }, 60_000);

  afterAll(async () => {
    if (hub?.isRunning()) await hub.kill9();
    influx.closeAllConnections();
    influx.close();
    await removeTempDir(folder);
  });

  it('shows it the token, says what to do, and keeps the token to itself', async () => {
    const refused = /does not let Seawall in \(authorization failed\)/;
    await waitUntil('the writer has failed', () => hub.stderr().includes('"role":"writer"'), 20_000, 50);
    expect(hub.stderr()).toMatch(refused);
    expect(asked).toContain(`Token ${SECRET}`);
    const ready = await (await fetch(`${hub.http}/readyz`)).text();
    expect(ready).toMatch(refused);
    const { code } = await hub.stop();
    expect(code).toBe(0);
    expect(hub.stderr() + ready).not.toContain(SECRET);
  }, 60_000);
});
