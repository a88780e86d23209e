import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LoadGenerator } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { mebibytes } from '../support/process-memory.ts';
import { RawClient } from '../support/raw-client.ts';
import { openSocket, subscribePacket } from '../support/raw-mqtt.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Enough before the others come for the hub to have the memory that it works with. */
const MESSAGES = { alone: 10_000, beside: 40_000 };
const SLOW_SUBSCRIBERS = 20;
const SLOW_STREAMS = 20;
/** Long names make long messages: kept for each of those who do not read, they would come to over 20 MB a subscriber. */
const METRICS = ['speed', 'count', 'occupancy', 'length'].map((name) => name.padEnd(120, '-'));
/** Seen: 140, and 330 where subscribers that leave too much unread are not cut off. */
const BOUND_MB = 240;

const planOf = (run: string): LoadPlan => ({
  run,
  domain: 'traffic',
  connections: 10,
  devicesPerConnection: 2,
  metrics: METRICS,
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 100,
});

describe('subscribers that do not read', () => {
  let dataDir: string;
  let hub: RunningHub;
  let load: LoadGenerator;
  const closers: (() => void)[] = [];

  beforeAll(async () => {
    dataDir = await makeTempDir('slow-subscriber');
    hub = await startHub({ dataDir });
    load = new LoadGenerator();
  }, 60_000);

  afterAll(async () => {
    for (const close of closers) close();
    await load?.stop();
    if (hub?.isRunning()) await hub.kill9();
    await removeTempDir(dataDir);
  });

  async function publishAll(plan: LoadPlan, least: number): Promise<number> {
    await load.prepare(plan, 20);
    await load.connect(hub.mqtt);
    await load.run(null);
    await waitUntil('enough is acknowledged', async () => (await load.counts()).acknowledgedCount >= least, 120_000);
    await load.drain();
    const { acknowledgedCount, failures } = await load.counts();
    expect(failures).toBe(0);
    return acknowledgedCount;
  }

  async function stored(plan: LoadPlan, messages: number): Promise<void> {
    await waitUntil(
      'all is stored',
      async () => (await countStored(hub.http, plan)) === messages * plan.metrics.length,
      60_000,
      200,
    );
  }

  async function subscribeAndFallAsleep(n: number, qos: 0 | 1): Promise<void> {
    const client = await RawClient.connect(hub.mqtt, `sleeper-${n}`);
    client.send(subscribePacket('city/#', 1, qos));
    await waitUntil('SUBACK comes', () => client.packets.some(({ cmd }) => cmd === 'suback'));
    client.stopReading();
    closers.push(() => client.destroy());
  }

  async function openStreamAndFallAsleep(): Promise<void> {
    const socket = await openSocket(hub.http);
    socket.on('error', () => undefined);
    const answered = new Promise<void>((resolve) => {
      socket.once('data', (head: Buffer) => {
        expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 200/);
        socket.pause();
        resolve();
      });
    });
    socket.write('GET /api/v1/stream/live HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n');
    await answered;
    closers.push(() => socket.destroy());
  }

  it('hold up neither the senders nor those who read, and memory stays bounded', async () => {
    const alone = planOf('alone');
    await stored(alone, await publishAll(alone, MESSAGES.alone));
    const before = hub.residentBytes();
    for (let n = 0; n < SLOW_SUBSCRIBERS; n++) await subscribeAndFallAsleep(n, n % 2 === 0 ? 0 : 1);
    await Promise.all(Array.from({ length: SLOW_STREAMS }, openStreamAndFallAsleep));

    const beside = planOf('beside');
    const messages = await publishAll(beside, MESSAGES.beside);
    expect(mebibytes(hub.residentBytes() - before)).toBeLessThan(BOUND_MB);
    await stored(beside, messages);

    const reader = await RawClient.connect(hub.mqtt, 'reader');
    reader.send(subscribePacket('city/traffic/fresh/telemetry', 1, 1));
    await waitUntil('SUBACK comes', () => reader.packets.some(({ cmd }) => cmd === 'suback'));
    const sender = await RawClient.connect(hub.mqtt, 'sender');
    expect(await sender.publish('city/traffic/fresh/telemetry', '{"ts":1790000000000,"speed":1}')).toBe('acknowledged');
    await waitUntil('the reader hears it', () => reader.packets.some(({ cmd }) => cmd === 'publish'));
    closers.push(
      () => reader.destroy(),
      () => sender.destroy(),
    );
    hub.mustRun();
  }, 180_000);
});
