import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { postJson, query } from '../support/http.ts';
import { hubMetrics, metric } from '../support/hub-metrics.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const DAY = 86_400_000;
const AGES = [0, 3, 20, 200];

/** Traffic is kept for a week, water for good, everything else for a month. */
const SETTINGS = `
retention:
  raw: 30d
  domains:
    traffic: { raw: 7d }
    water: { raw: forever, 1m: forever, 1h: forever }
`;

describe('a hub with settings for how long history is kept', () => {
  let folder: string;
  let hub: RunningHub;

  beforeAll(async () => {
    folder = await makeTempDir('retention');
    const config = join(folder, 'seawall.yaml');
    await writeFile(config, SETTINGS);
    hub = await startHub({ dataDir: join(folder, 'data'), args: ['--config', config] });
  }, 60_000);

  afterAll(async () => {
    if (hub?.isRunning()) await hub.kill9();
    await removeTempDir(folder);
  });

  /** Ages in days of what is left. */
  async function agesOf(domain: string, now: number): Promise<number[]> {
    const range = { from: now - 1000 * DAY, to: now + DAY };
    const { series } = await query(hub.http, { metrics: ['flow'], where: { domain: [domain] }, ...range });
    return (series[0]?.time ?? []).map((time) => Math.round((now - time) / DAY)).sort((a, b) => a - b);
  }

  it('lets go of each domain what it keeps no longer, and keeps the rest', async () => {
    const now = Date.now();
    for (const domain of ['traffic', 'water', 'energy']) {
      const readings = AGES.map((days) => ({ ts: now - days * DAY, values: { flow: days } }));
      await postJson(hub.http, `/api/v1/telemetry?domain=${domain}&device=${domain}-1`, readings);
    }
    const left = async () => Promise.all(['traffic', 'water', 'energy'].map((domain) => agesOf(domain, now)));
    const expected = [[0, 3], AGES, [0, 3, 20]];
    const gone = async () => JSON.stringify(await left()) === JSON.stringify(expected);
    await waitUntil('what has expired is gone', gone, 60_000, 500);
    // Who asks for more is told since when there is any: minutes of the time before are kept, and this range divides one.
    const from = now - 20 * DAY - 60_001;
    const sumOf = (domain: string) =>
      query(hub.http, { metrics: ['flow'], where: { domain: [domain] }, from, to: now + 1, aggregate: ['sum'] });
    const told = await sumOf('traffic');
    expect(told).toMatchObject({ source: '1h', expiredBefore: Math.ceil(from / 60_000) * 60_000, partial: [from] });
    expect(told.series[0]!.values['sum']).toEqual([23]);
    expect(await sumOf('water')).not.toHaveProperty('expiredBefore');
    const asked = ['--metric', 'flow', '--where', 'domain=traffic', '--from', String(from), '--to', String(now + 1)];
    const csv = await runSeawall(['query', '--url', hub.http, ...asked, '--aggregate', 'sum', '--csv']);
    expect(csv.stdout).toMatch(/^time,domain,metric,sum\r\n\S+,traffic,flow,23\r\n$/);
    expect(csv.stderr).toMatch(/^What lay before \S+Z has expired.*\nBuckets that hold less than their time: 1\..*\n$/);
    const metrics = await hubMetrics(hub.http);
    const kept = ['traffic', 'water', 'energy'].map((domain) =>
      metric(metrics, `seawall_store_domain_readings{domain="${domain}"}`),
    );
    expect(kept).toEqual([2, 4, 3]);
    expect(metric(metrics, 'seawall_store_tier_rows{tier="raw"}')).toBe(9);
    expect(metric(metrics, 'seawall_maintenance_up')).toBe(1);
    expect(metric(metrics, 'seawall_maintenance_pieces_total')).toBeGreaterThan(0);
    for (const part of ['journal', 'store', 'registry', 'sessions'])
      expect(metric(metrics, `seawall_data_bytes{part="${part}"}`)).toBeGreaterThan(0);
  }, 90_000);

  const importOld = () =>
    runSeawall(['import', join(folder, 'old.csv'), '--url', hub.http, '--mqtt-url', hub.mqtt, '--anew'], {}, 60_000);

  it('lets go what is imported too old', async () => {
    const rows = [0, 1, 2].map((day) => `2020-02-0${day + 1}T00:00:00Z,energy,old,flow,${day},\r\n`);
    await writeFile(join(folder, 'old.csv'), `time,domain,device,metric,value,unit\r\n${rows.join('')}`);
    expect((await importOld()).stdout).toMatch(/^3 readings sent, of 3 in the file/);
    const document = { metrics: ['flow'], where: { device: ['old'] }, from: '2020-01-01T00:00:00Z', to: 'now' };
    await waitUntil('it is gone', async () => (await query(hub.http, document)).series.length === 0, 60_000, 200);
  }, 150_000);

  it('has it gone for good, and stops at once', async () => {
    const { code, tookMs } = await hub.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    hub = await startHub({ dataDir: hub.dataDir });
    expect(await agesOf('traffic', Date.now())).toEqual([0, 3]);
  }, 60_000);

  it('takes again what has expired, now that it keeps it', async () => {
    const { code, stdout } = await importOld();
    expect(stdout).toMatch(/Each of the 1 series has in the hub the count and the checksum that it has in the file\./);
    expect(code).toBe(0);
  }, 60_000);
});
