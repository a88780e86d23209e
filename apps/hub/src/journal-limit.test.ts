import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectAsync, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import { readSettings } from './config/read-settings.ts';
import { startHub, type Hub } from './hub.ts';

const READINGS = 20_000;
const flags = {
  'mqtt-port': '0',
  'mqtt-ws-port': '0',
  'http-port': '0',
  'no-auth': 'true',
  'journal-max-size': '1MB',
  'journal-limit': '4MB',
};

describe('a hub whose journal is held back by one that does not read', () => {
  let dataDir: string;
  let hub: Hub;
  let client: MqttClient;
  const errors: string[] = [];

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'seawall-journal-limit-'));
    const settings = readSettings({ ...flags, 'data-dir': dataDir }, {});
    const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });
    hub = await startHub({ settings, token: undefined, skipMissing: false, log, droppedLogLines: () => 0 });
    client = await connectAsync(hub.mqtt);
  }, 60_000);

  afterAll(async () => {
    await client?.endAsync(true);
    await hub?.stop();
    rmSync(dataDir, { recursive: true });
  });

  /** A second apart each, so that none is there twice. */
  async function post(round: number) {
    const values = Array.from({ length: READINGS }, (_, i) => ({
      ts: 1_700_000_000_000 + (round * READINGS + i) * 1000,
      values: { flow: i },
    }));
    const response = await fetch(new URL('/api/v1/telemetry?domain=water&device=d', hub.http), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(values),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as { detail?: string } };
  }

  it('acknowledges nothing beyond the limit, says why and who, and goes on by itself once that one has gone', async () => {
    await hub.journal.commit('somebody', hub.journal.start());
    let round = 0;
    let answer = await post(round);
    for (; answer.status === 200 && round < 40; answer = await post(round)) round++;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body.detail).toMatch(/takes no more than 4 MB.*Nothing of this call was stored/);
    expect(hub.journal.status()).toMatchObject({ writable: false, suspendedBy: 'readers' });
    expect(hub.health().ready).toBe(false);
    // The others have read it all, and tell so though no tick comes.
    while (behind().length > 1) await sleep(20);
    expect(behind()).toEqual(['somebody']);
    expect(journalDetail()).toContain('Furthest behind is "somebody"');
    expect(await metric('seawall_acknowledging_suspended{reason="readers"}')).toBe(1);
    expect(await metric('seawall_journal_limit_bytes')).toBe(4e6);
    expect(await metric('seawall_journal_kept_bytes')).toBeGreaterThan(4e6);

    let acknowledged = false;
    const published = client.publishAsync('city/water/by-mqtt/telemetry', '{"flow":1}', { qos: 1 });
    void published.then(() => (acknowledged = true));
    await sleep(500);
    expect(acknowledged).toBe(false);

    const { lastSeq } = hub.journal.status();
    await hub.journal.dropConsumer('somebody');
    await published;
    expect((await post(round)).status).toBe(200);
    expect(hub.journal.status().lastSeq).toBeGreaterThan(lastSeq);
    expect(hub.journal.status().keptBytes).toBeLessThan(4e6);
    expect(await metric('seawall_acknowledging_suspended{reason="readers"}')).toBe(0);
    expect(errors.filter((line) => line.includes('role failed'))).toEqual([]);
  }, 90_000);

  function behind(): string[] {
    const { consumers, lastSeq } = hub.journal.status();
    return consumers.filter(({ seq }) => seq < lastSeq).map(({ name }) => name);
  }

  function journalDetail(): string {
    return hub.health().checks.find(({ name }) => name === 'journal')!.detail;
  }

  async function metric(name: string): Promise<number | undefined> {
    const text = await (await fetch(new URL('/metrics', hub.http))).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }
});
