import {
  InfluxDB,
  Point,
  type HttpError,
  type WriteOptions,
  type WritePrecisionType,
} from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { getJson, postJson, type QueryAnswer } from '../support/http.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const TOKEN = 'a-token-for-the-test';
const T = 1_780_000_000_000;
const PATH = '/api/v2/write?org=city&bucket=telemetry';

interface KeptRejection {
  readonly reason: string;
  readonly topic: string;
  readonly pointer: string;
  readonly sample: string;
}

let hub: RunningHub;
let dataDir: string;

beforeAll(async () => {
  dataDir = await makeTempDir('line-protocol');
  hub = await startHub({ dataDir, token: TOKEN });
}, 60_000);

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(dataDir);
});

/** Waits for a device's readings of a metric, with their times. */
async function stored(
  domain: string,
  device: string,
  metric: string,
  count: number,
): Promise<QueryAnswer['series'][0]> {
  const document = { metrics: [metric], where: { domain: [domain], device: [device] }, from: T - 1e6, to: T + 1e6 };
  return waitUntil(`${count} readings of ${domain}/${device}/${metric}`, async () => {
    const { series } = await postJson<QueryAnswer>(hub.http, '/api/v1/query', document, TOKEN);
    return series[0]?.time.length === count && series[0];
  });
}

function write(body: string | Buffer, query = '', headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Token ${TOKEN}`;
  return fetch(new URL(PATH + query, hub.http), { method: 'POST', body, headers: { authorization, ...headers } });
}

/** What the client's callbacks were told. */
interface Told {
  readonly failed: { readonly status: number; readonly message: string; readonly lines: readonly string[] }[];
  written: number;
}

function writer(precision: WritePrecisionType, options: Partial<WriteOptions> = {}, token = TOKEN) {
  const told: Told = { failed: [], written: 0 };
  const api = new InfluxDB({ url: hub.http, token }).getWriteApi('city', 'telemetry', precision, {
    flushInterval: 0,
    maxRetries: 0,
    writeFailed: (error, lines) => {
      const { statusCode, message } = error as HttpError;
      told.failed.push({ status: statusCode, message, lines });
      return Promise.resolve();
    },
    writeSuccess: (lines) => void (told.written += lines.length),
    ...options,
  });
  return { api, told };
}

describe("InfluxDB's own client", () => {
  it.each<[WritePrecisionType, string, number]>([
    ['ns', '1780000000123456789', 1_780_000_000_123.456],
    ['us', '1780000000123456', 1_780_000_000_123.456],
    ['ms', '1780000000123', 1_780_000_000_123],
    ['s', '1780000000', 1_780_000_000_000],
  ])('writes every type of field in %s', async (precision, timestamp, time) => {
    const { api, told } = writer(precision);
    const device = `typed-${precision}`;
    api.writePoint(
      new Point('environment')
        .tag('device', device)
        .tag('district', 'harbour')
        .floatField('pm25', 12.5)
        .intField('count', -42)
        .uintField('total', 42)
        .booleanField('raining', true)
        .timestamp(timestamp),
    );
    await api.close();
    expect(told).toEqual({ failed: [], written: 1 });
    const values = [12.5, -42, 42, 1];
    for (const [i, metric] of ['pm25', 'count', 'total', 'raining'].entries()) {
      const series = await stored('environment', device, metric, 1);
      expect([series.time, series.values.value]).toEqual([[time], [values[i]]]);
      expect(series.labels).toMatchObject({ district: 'harbour' });
    }
  });

  it('writes gzip, with default tags, and points without a time', async () => {
    const { api, told } = writer('ms', { gzipThreshold: 1, defaultTags: { device: 'zipped' } });
    const points = Array.from({ length: 500 }, (_, i) => new Point('traffic').intField('flow', i).timestamp(T + i));
    api.writePoints(points);
    api.writePoint(new Point('traffic').floatField('now', 1));
    await api.close();
    expect(told).toEqual({ failed: [], written: 501 });
    expect((await stored('traffic', 'zipped', 'flow', 500)).values.value).toEqual(points.map((_, i) => i));
  });

  it('writes names and tags with everything that needs an escape', async () => {
    const { api, told } = writer('ms');
    const point = new Point('my domain, a=b')
      .tag('device', 'Tor 7, "Nord"=\\x 水')
      .tag('where is', 'a b,c=d')
      .floatField('wind speed,x=y', 3.5)
      .timestamp(T);
    api.writePoint(point);
    await api.close();
    expect(told).toEqual({ failed: [], written: 1 });
    const series = await stored('my domain, a=b', 'Tor 7, "Nord"=\\x 水', 'wind speed,x=y', 1);
    expect(series.labels).toMatchObject({ 'where is': 'a b,c=d' });
  });

  it('is told of the one bad line of a batch, while the others are stored', async () => {
    const { api, told } = writer('ms');
    api.writeRecords([
      `water,device=well-1 level=1.5 ${T}`,
      `water,device=well-1 level=high ${T + 1}`,
      `water,device=well-1 level=1.7 ${T + 2}`,
    ]);
    await api.close();
    expect(told.written).toBe(0);
    expect(told.failed).toEqual([
      { status: 400, message: expect.stringMatching(/^partial write: line 2, field level: .* dropped=1$/), lines: expect.any(Array) }, // prettier-ignore
    ]);
    expect((await stored('water', 'well-1', 'level', 2)).values.value).toEqual([1.5, 1.7]);
    const rejections = await waitUntil('the rejection is listed', async () => {
      const page = await getJson<{ items: KeptRejection[] }>(hub.http, '/api/v1/rejections?reason=not-a-number', TOKEN);
      return page.items.length === 1 && page.items;
    });
    expect(rejections[0]).toMatchObject({ topic: 'POST /api/v2/write', pointer: '/2/level', sample: 'level=high' });
  });

  it('is told that its token is wrong', async () => {
    const { api, told } = writer('ms', {}, 'another');
    api.writePoint(new Point('m').floatField('a', 1));
    await api.close();
    expect(told.failed).toMatchObject([{ status: 401, message: expect.stringContaining('token') }]);
  });
});

describe('a raw request', () => {
  it('is answered 204 with nothing more, and a second time as well', async () => {
    const body = `# by hand\r\n\r\nparking,device=lot-1,site=old\\ town free=12i,open=true ${T}\r\n`;
    for (let i = 0; i < 2; i++) {
      const response = await write(body, '&precision=ms');
      expect([response.status, await response.text()]).toEqual([204, '']);
    }
    expect((await stored('parking', 'lot-1', 'free', 1)).labels).toMatchObject({ site: 'old town' });
  });

  it('may be gzip', async () => {
    const body = gzipSync(`parking,host=lot-2 free=7i ${T}000000`);
    expect((await write(body, '', { 'content-encoding': 'gzip' })).status).toBe(204);
    await stored('parking', 'lot-2', 'free', 1);
  });

  it('says which precision fits when the one given does not', async () => {
    const response = await write(`parking,device=lot-3 free=7i ${T}`);
    expect([response.status, await response.json()]).toEqual([
      400,
      { code: 'invalid', message: expect.stringContaining('precision=ms') },
    ]);
  });

  it('does not let two lines that only a tag tells apart overwrite each other in silence', async () => {
    const response = await write(`cpu,host=web-1,cpu=cpu0 idle=90 ${T}\ncpu,host=web-1,cpu=cpu1 idle=10 ${T}`, '&precision=ms'); // prettier-ignore
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toMatch(/the tag "cpu".* dropped=1$/);
    expect((await stored('cpu', 'web-1', 'idle', 1)).values.value).toEqual([90]);
  });

  it('refuses the domains that belong to the hub, and keeps why', async () => {
    const response = await write(`alerts,device=x a=1 ${T}`, '&precision=ms');
    expect([response.status, await response.json()]).toEqual([
      400,
      { code: 'invalid', message: expect.stringMatching(/line 1: .*belongs to the hub.* dropped=1$/) },
    ]);
  });

  it('stores a line without a time once under an idempotency key', async () => {
    const headers = { 'idempotency-key': 'once' };
    for (let i = 0; i < 3; i++) expect((await write('parking,device=lot-4 now=7i', '', headers)).status).toBe(204);
    expect((await write('parking,device=lot-4 now=7i', '&precision=s', headers)).status).toBe(422);
    // What came later is stored later: once this can be queried, nothing before it is under way any more.
    expect((await write(`parking,device=lot-4 later=1 ${T}000000`)).status).toBe(204);
    await stored('parking', 'lot-4', 'later', 1);
    const recent = { metrics: ['now'], where: { device: ['lot-4'] }, from: '-1h', to: 'now' };
    const { series } = await postJson<QueryAnswer>(hub.http, '/api/v1/query', recent, TOKEN);
    expect(series[0]?.values.value).toEqual([7]);
  });
});
