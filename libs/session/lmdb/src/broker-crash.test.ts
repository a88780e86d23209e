import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

interface Broker {
  readonly process: ChildProcess;
  readonly port: number;
  /** "topic payload" of what the broker said it had stored. */
  readonly stored: string[];
  /** The same of what it said a client had acknowledged. */
  readonly acknowledged: string[];
  /** Resolves once it has said so of this many. */
  hasStored(count: number): Promise<void>;
  hasAcknowledged(count: number): Promise<void>;
}

describe('a broker on the LMDB session store, killed with SIGKILL', () => {
  let directory: string;
  let broker: Broker | undefined;
  const clients: MqttClient[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seawall-broker-'));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
    if (broker !== undefined) await kill(broker);
    broker = undefined;
    await rm(directory, { recursive: true, force: true });
  });

  async function restart(): Promise<Broker> {
    if (broker !== undefined) await kill(broker);
    return (broker = await startBroker(directory));
  }

  async function connect({ port }: Broker, options: IClientOptions): Promise<MqttClient> {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options });
    clients.push(client);
    // A killed broker resets its connections.
    client.on('error', () => {});
    return client;
  }

  async function subscribeAndLeave(to: Broker, qos: 1 | 2): Promise<void> {
    const subscriber = await connect(to, { clientId: 'operator', clean: false });
    await subscriber.subscribeAsync('alerts/#', { qos });
    await subscriber.endAsync();
  }

  it.each([1, 2] as const)('still delivers what was queued at QoS %s for an absent client, in order', async (qos) => {
    const before = await restart();
    await subscribeAndLeave(before, qos);
    const publisher = await connect(before, { clientId: 'publisher' });
    const numbers = Array.from({ length: 50 }, (_, i) => String(i));
    await Promise.all(numbers.map((number) => publisher.publishAsync('alerts/x', number, { qos })));
    await before.hasStored(numbers.length);

    const after = await restart();
    expect(await collect(after, numbers.length)).toEqual(numbers.map((number) => `alerts/x ${number}`));
  });

  it('still has the retained messages, and not those that were removed', async () => {
    const before = await restart();
    const publisher = await connect(before, { clientId: 'publisher' });
    for (const [topic, text] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['b', ''],
    ] as const) {
      await publisher.publishAsync(topic, text, { qos: 1, retain: true });
    }
    await before.hasStored(4);

    const after = await restart();
    const subscriber = await connect(after, { clientId: 'new' });
    const got: string[] = [];
    const ended = new Promise<void>((resolve) => {
      subscriber.on('message', (topic, payload) => {
        got.push(`${topic} ${payload.toString()}`);
        if (topic === 'z') resolve();
      });
    });
    await subscriber.subscribeAsync(['a', 'b', 'z'], { qos: 1 });
    const publisherAgain = await connect(after, { clientId: 'publisher' });
    await publisherAgain.publishAsync('z', 'end', { qos: 1 });
    await ended;
    expect(got).toEqual(['a 3', 'z end']);
  });

  it('loses nothing that was stored when it dies in the middle of the flow', async () => {
    const before = await restart();
    await subscribeAndLeave(before, 1);
    const publisher = await connect(before, { clientId: 'publisher' });
    for (let number = 0; number < 2000; number++) publisher.publish('alerts/x', String(number), { qos: 1 });
    await before.hasStored(100);
    await kill(before);
    const stored = [...before.stored];
    expect(stored.length).toBeLessThan(2000);

    const after = await restart();
    const publisherAgain = await connect(after, { clientId: 'publisher-2' });
    await publisherAgain.publishAsync('alerts/end', '', { qos: 1 });
    await after.hasStored(1);
    const delivered = await collect(after, 'alerts/end ');
    expect(delivered.slice(0, stored.length)).toEqual(stored);
    expect(new Set(delivered).size).toBe(delivered.length);
  });

  it('acknowledged deliveries are not made again', async () => {
    const before = await restart();
    await subscribeAndLeave(before, 1);
    const publisher = await connect(before, { clientId: 'publisher' });
    await publisher.publishAsync('alerts/x', 'first', { qos: 1 });
    await before.hasStored(1);
    expect(await collect(before, 1)).toEqual(['alerts/x first']);
    await before.hasAcknowledged(1);

    const after = await restart();
    const publisherAgain = await connect(after, { clientId: 'publisher' });
    await publisherAgain.publishAsync('alerts/x', 'second', { qos: 1 });
    await after.hasStored(1);
    expect(await collect(after, 1)).toEqual(['alerts/x second']);
  });

  /** What the absent client finds when it comes back, up to a number of messages or to a certain one. */
  async function collect(from: Broker, until: number | string): Promise<string[]> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${from.port}`, {
      clientId: 'operator',
      clean: false,
      reconnectPeriod: 0,
    });
    clients.push(client);
    const got: string[] = [];
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('message', (topic, payload) => {
        got.push(`${topic} ${payload.toString()}`);
        if (typeof until === 'number' ? got.length === until : got.at(-1) === until) resolve();
      });
    });
    // A polite end sends the acknowledgements first.
    await client.endAsync();
    return got;
  }
});

async function startBroker(directory: string): Promise<Broker> {
  const process = spawn(
    globalThis.process.execPath,
    [
      '--import',
      './crash-test/typescript-sources.mjs',
      '--conditions=@seawall/source',
      './crash-test/broker-process.mjs',
      directory,
    ],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const stored: string[] = [];
  const acknowledged: string[] = [];
  const lines = createInterface({ input: process.stdout });
  const port = await new Promise<number>((resolve, reject) => {
    process.once('exit', () => reject(new Error('The broker process did not start.')));
    lines.on('line', (line) => {
      const said = JSON.parse(line) as { port?: number; stored?: string; acknowledged?: string };
      if (said.port !== undefined) resolve(said.port);
      if (said.stored !== undefined) stored.push(said.stored);
      if (said.acknowledged !== undefined) acknowledged.push(said.acknowledged);
    });
  });
  const has = async (list: readonly string[], count: number): Promise<void> => {
    while (list.length < count) await once(lines, 'line');
  };
  return {
    process,
    port,
    stored,
    acknowledged,
    hasStored: (count) => has(stored, count),
    hasAcknowledged: (count) => has(acknowledged, count),
  };
}

async function kill({ process }: Broker): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const closed = once(process, 'close');
  process.kill('SIGKILL');
  await closed;
}
