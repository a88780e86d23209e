import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSeawall } from '../support/background-seawall.ts';
import { fillStore } from '../support/fill-store.ts';
import { pastTheLog } from '../support/hub-metrics.ts';
import { getJson, postJson, query, type QueryAnswer } from '../support/http.ts';
import { connectMqtt } from '../support/mqtt-recorder.ts';
import { OldReadings } from '../support/old-readings.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const FORMATS = ['csv', 'ndjson', 'parquet'] as const;
const DAY = Date.parse('2026-05-05T00:00:00Z');
/** What names, numbers and times may be; last of each series the greatest time. */
const ODD = [
  { domain: '环境', device: '站 1, "北"', metric: 'pm2.5', unit: 'ug/m3' },
  { domain: '环境', device: '!a*b', metric: '"q", r', unit: undefined },
  { domain: '环境', device: 'plain', metric: '温度', unit: 'Cel' },
] as const;
const VALUES = [-0, 0, 1e-300, 5e-324, 0.1 + 0.2, -1.7976931348623157e308, 123_456_789.123_456_79, 1 / 3];
const TIMES = VALUES.map((_, i) => DAY + i * 7_919 + [0, 0.001, 0.5, 0.999, 0.123][i % 5]!);
const DESCRIPTION = {
  name: '北站，一号',
  district: '香洲',
  type: 'air',
  labels: { 路: '情侣路, "东"\n段' },
  location: { lat: 22.27, lon: 113.55 },
  interval: '60s',
};

let folder: string;
let source: RunningHub;

beforeAll(async () => {
  folder = await makeTempDir('export');
  source = await startHub({ dataDir: join(folder, 'source') });
  const mqtt = await connectMqtt(source.mqtt);
  for (const { domain, device, metric, unit } of ODD) {
    const metrics = unit === undefined ? {} : { metrics: { [metric]: { unit, min: -1e308, max: 1e9 } } };
    const payload = JSON.stringify({ ...DESCRIPTION, ...metrics });
    await mqtt.publishAsync(`city/${domain}/${device}/attributes`, payload, { qos: 1 });
  }
  await mqtt.endAsync();
  await post(source, ODD.map((series) => elements(series, VALUES)).join(','));
  await pastTheLog(source.http, ['writer', 'registrar']);
}, 90_000);

afterAll(async () => {
  if (source?.isRunning()) await source.kill9();
  await removeTempDir(folder);
});

function elements({ domain, device, metric }: (typeof ODD)[number], values: readonly number[]): string {
  const place = JSON.stringify({ domain, device }).slice(1, -1);
  const number = (value: number) => (Object.is(value, -0) ? '-0' : String(value));
  return values
    .map((value, i) => `{${place},"ts":${TIMES[i]},"values":{${JSON.stringify(metric)}:${number(value)}}}`)
    .join(',');
}

async function post(hub: RunningHub, parts: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${hub.http}/api/v1/telemetry`, { method: 'POST', headers, body: `[${parts}]` });
  expect(await response.json()).toMatchObject({ accepted: ODD.length * VALUES.length, rejected: 0 });
}

function readings({ http }: RunningHub): Promise<QueryAnswer> {
  const metrics = ODD.map(({ metric }) => metric);
  return query(http, { metrics, from: DAY - 1000, to: DAY + 86_400_000 });
}

const runExport = ({ http }: Pick<RunningHub, 'http'>, file: string, ...more: string[]) =>
  runSeawall(['export', '--domain', '环境', '--url', http, '-o', file, ...more], {}, 60_000);
const importArguments = (hub: RunningHub, file: string) => ['import', file, '--url', hub.http, '--mqtt-url', hub.mqtt];
const runImport = (hub: RunningHub, file: string, ...more: string[]) =>
  runSeawall([...importArguments(hub, file), ...more], {}, 120_000);

async function manifestLines(file: string, kind: string): Promise<unknown[]> {
  const lines = (await readFile(`${file}.manifest.ndjson`, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as { kind: string }).filter((line) => line.kind === kind);
}

describe.each(FORMATS)('what is exported as %s', (format) => {
  const name = (which: string) => join(folder, `${which}.${format}`);

  it('comes into another hub as it was: names, labels, units, microseconds, doubles', async () => {
    const exported = await runExport(source, name('odd'));
    expect(exported.stderr).toBe('');
    expect(exported.stdout).toMatch(/^24 readings of 3 series are in /);
    expect(exported.code).toBe(0);
    const target = await startHub({ dataDir: join(folder, `target-${format}`) });
    try {
      const { code, stdout, stderr } = await runImport(target, name('odd'));
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^24 readings sent, of 24 in the file; 3 devices described\./);
      expect(stdout).toMatch(
        /Each of the 3 series has in the hub the count and the checksum that it has in the file\./,
      );
      expect(code).toBe(0);
      const answer = await readings(target);
      expect(answer.series).toEqual((await readings(source)).series);
      expect(answer.series.flatMap(({ values }) => values.value!).filter((value) => Object.is(value, -0))).toHaveLength(
        3,
      );
      expect((await runExport(target, name('again'))).code).toBe(0);
      for (const kind of ['series', 'device'])
        expect(await manifestLines(name('again'), kind)).toEqual(await manifestLines(name('odd'), kind));
    } finally {
      await target.kill9();
    }
  }, 180_000);

  it('is known as cut short, and is said to be', async () => {
    const cut = name('cut');
    await cp(`${name('odd')}.manifest.ndjson`, `${cut}.manifest.ndjson`);
    await cp(name('odd'), cut);
    await truncate(cut, (await stat(cut)).size - 40);
    const { code, stdout, stderr } = await runImport(source, cut);
    expect(stdout + stderr).toMatch(
      format === 'parquet'
        ? /can't be read as "seawall export" writes it/
        : /is no reading|The file is not what was exported/,
    );
    expect(code).toBeGreaterThan(0);
  }, 60_000);
});

describe('seawall export', () => {
  it('takes what is asked for, and no more', async () => {
    const file = join(folder, 'some.ndjson');
    const from = String(TIMES[2]);
    const { code } = await runExport(
      source,
      file,
      '--metric',
      '温度',
      '--from',
      from,
      '--to',
      new Date(TIMES[5]!).toISOString(),
    );
    expect(code).toBe(0);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { time: number }).time)).toEqual(TIMES.slice(2, 5));
  }, 60_000);

  it('leaves what is there alone, and nothing behind when it ends before its time', async () => {
    const file = join(folder, 'kept.csv');
    await writeFile(file, 'mine');
    const refused = await runExport(source, file);
    expect(refused.stderr).toMatch(/kept\.csv is there already; move it away, or name another file with -o\./);
    expect(refused.code).toBe(2);
    expect(await readFile(file, 'utf8')).toBe('mine');
    const nobody = { http: 'http://127.0.0.1:9' };
    expect((await runExport(nobody, join(folder, 'never.parquet'))).code).toBe(1);
    expect((await readdir(folder)).filter((each) => each.startsWith('never'))).toEqual([]);
  }, 90_000);

  it('says which format it can not tell', async () => {
    const { code, stderr } = await runExport(source, join(folder, 'odd.xlsx'));
    expect(stderr).toMatch(/does not tell the format; give --format csv, ndjson, parquet/);
    expect(code).toBe(2);
  }, 30_000);
});

describe('seawall import of an export', () => {
  /** Several times what is sent at once. */
  const ROWS = 30_000;
  const SERIES = 40;

  async function many(file: string, domain: string): Promise<void> {
    const rows = Array.from({ length: ROWS }, (_, i) => {
      const time = new Date(DAY + Math.floor(i / SERIES) * 1_000).toISOString();
      return `${time},${domain},d-${i % SERIES},level,${i / 7},m\r\n`;
    });
    await writeFile(file, `time,domain,device,metric,value,unit\r\n${rows.join('')}`);
  }

  it('goes on after SIGKILL where it stopped, and has everything once', async () => {
    const file = join(folder, 'many.csv');
    await many(file, 'flood');
    const running = startSeawall(importArguments(source, file));
    await waitUntil('a part is sent', () => existsSync(`${file}.position.json`), 60_000, 1);
    await running.kill9();
    const { code, stdout, stderr } = await runImport(source, file);
    const [, before] = /Going on after (\d+) readings that were sent before/.exec(stderr) ?? [];
    const [, sent] = new RegExp(`^(\\d+) readings sent, of ${ROWS} in the file`).exec(stdout) ?? [];
    expect(Number(before)).toBeGreaterThan(0);
    expect(Number(before) + Number(sent)).toBe(ROWS);
    expect(stdout).toMatch(/Each of the 40 series has in the hub the count and the checksum/);
    expect(code).toBe(0);
    expect(existsSync(`${file}.position.json`)).toBe(false);
    const { series } = await query(source.http, { metrics: ['level'], from: DAY, to: 'now', aggregate: ['count'] });
    expect(series).toMatchObject([{ unit: 'm', values: { count: [ROWS] } }]);
  }, 240_000);

  it('says of which series the hub has other readings, and that it can not tell without a manifest', async () => {
    const file = join(folder, 'fewer.csv');
    const rows = [0, 2].map((i) => `${new Date(DAY + i * 1_000).toISOString()},flood,d-0,level,1,m\r\n`);
    await writeFile(file, `time,domain,device,metric,value,unit\r\n${rows.join('')}`);
    const { code, stdout } = await runImport(source, file);
    expect(stdout).toMatch(/There is no manifest beside the file/);
    expect(stdout).toMatch(/flood\/d-0\/level: the hub has 3 readings of this time, the file 2; it had others before/);
    expect(code).toBe(1);
  }, 60_000);

  it('takes no readings in another unit than the hub keeps', async () => {
    const file = join(folder, 'feet.csv');
    await writeFile(file, `time,domain,device,metric,value,unit\r\n2026-05-05T00:00:00Z,flood,new,level,1,[ft_i]\r\n`);
    const { code, stderr } = await runImport(source, file);
    expect(stderr).toMatch(/the hub keeps level of flood in m, and the file has it in \[ft_i\]/);
    expect(code).toBe(2);
    await expect(getJson(source.http, '/api/v1/devices/new')).rejects.toThrow(/404/);
  }, 60_000);

  it('says what the hub does not take of the descriptions', async () => {
    const file = join(folder, 'ells.csv');
    const row = (device: string, metric: string, unit: string) =>
      `2026-05-05T00:00:00Z,depth,${device},${metric},1,${unit}\r\n`;
    await writeFile(
      file,
      `time,domain,device,metric,value,unit\r\n${row('a', 'sound', 'm')}${row('b', 'odd', 'ells')}`,
    );
    const { code, stdout } = await runImport(source, file);
    expect(stdout).toMatch(
      /The hub did not take 1 of what the file says of its devices: city\/depth\/b\/attributes: [a-z-]+: .*ells/,
    );
    expect(stdout).not.toContain('city/depth/a/attributes');
    expect(code).toBe(1);
  }, 60_000);

  it('asks for a mapping where a file is no export', async () => {
    const file = join(folder, 'foreign.csv');
    await writeFile(file, 'at,station,temp\n1,a,2\n');
    const { code, stderr } = await runImport(source, file);
    expect(stderr).toMatch(/foreign\.csv is no file of "seawall export"; say with --mapping what its columns mean\./);
    expect(code).toBe(2);
    const gone = await runImport(source, join(folder, 'gone.csv'));
    expect(gone.stderr).toMatch(/gone\.csv can't be read: ENOENT/);
    expect(gone.code).toBe(2);
  }, 60_000);

  it('notifies nobody: its readings are no news', async () => {
    const rule = {
      id: 'odd-temperature',
      severity: 'major',
      when: { domain: 'flood', metric: 'level', aggregate: 'max', window: '10s', above: 1e6 },
    };
    await postJson(source.http, '/api/v1/rules', rule);
    const file = join(folder, 'high.csv');
    const rows = [0, 60, 120].map(
      (i) => `${new Date(DAY + 86_400_000 + i * 1_000).toISOString()},flood,d-0,level,2e6,m\r\n`,
    );
    await writeFile(file, `time,domain,device,metric,value,unit\r\n${rows.join('')}`);
    const client = await connectMqtt(source.mqtt);
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    await client.subscribeAsync('city/alerts/#', { qos: 1 });
    expect((await runImport(source, file)).code).toBe(0);
    await pastTheLog(source.http, ['engine', 'notifier']);
    const { items } = await getJson<{ items: unknown[] }>(source.http, '/api/v1/alerts?state=firing&state=resolved');
    expect(items.length).toBeGreaterThan(0);
    expect(heard).toEqual([]);
    await client.endAsync();
  }, 90_000);
});

describe('an export of many readings', () => {
  /** The long runs export more text than the heap could hold. */
  const isLong = process.env.SEAWALL_LONG === '1';

  it('holds but a few of them at a time', async () => {
    const dataDir = join(folder, 'large');
    const old = new OldReadings('archive', Date.parse('2026-01-01T00:00:00Z'), isLong ? 2_000_000 : 120_000);
    await fillStore(dataDir, old.batches());
    const hub = await startHub({ dataDir });
    try {
      const file = join(folder, 'large.csv');
      const heapMb = 64;
      const env = { NODE_OPTIONS: `--max-old-space-size=${heapMb}` };
      const { code, stdout, stderr } = await runSeawall(
        ['export', '--domain', 'archive', '--url', hub.http, '-o', file],
        { env },
        180_000,
      );
      expect(stderr).toBe('');
      expect(stdout).toMatch(new RegExp(`^${old.count} readings of 400 series are in `));
      expect(code).toBe(0);
      expect((await stat(file)).size).toBeGreaterThan(isLong ? 1.5 * heapMb * 1024 * 1024 : 0);
    } finally {
      await hub.kill9();
    }
  }, 300_000);
});
