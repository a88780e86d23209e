import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { Aedes, type AuthenticateError } from 'aedes';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import { CityFaults } from './faults/city-faults.ts';
import { Delivery, payloadOf } from './faults/delivery.ts';
import { replayRecording } from './recordings/replay.ts';
import { runScenario } from './run-scenario.ts';
import { scenarioSchema } from './scenario.ts';
import { schedule } from './schedule.ts';

/** Mid-day on a Wednesday. */
const START = Date.UTC(2026, 8, 23, 12);
const HOUR = 3_600_000;
const DEVICES = 12;

interface Received {
  topic: string;
  payload: string;
  retain: boolean;
}

/** A broker that keeps what it acknowledged, and can be pulled out of the wall. */
class TestBroker {
  readonly acknowledged: Received[] = [];
  /** Everything that came, acknowledged or not. */
  received = 0;
  /** Swallows messages instead of acknowledging them. */
  mute = false;
  onMessage: (packet: { topic: string; payload: string | Buffer }) => void = () => {};
  readonly #broker: Aedes;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  static async start(port = 0, token?: string): Promise<TestBroker> {
    const broker = await Aedes.createBroker();
    const test = new TestBroker(broker, token);
    await new Promise<void>((resolve) => test.#server.listen(port, '127.0.0.1', resolve));
    test.#port = (test.#server.address() as AddressInfo).port;
    return test;
  }

  private constructor(broker: Aedes, token?: string) {
    this.#broker = broker;
    broker.authenticate = (_client, _user, password, done) => {
      if (token === undefined || password?.toString() === token) return done(null, true);
      const refused: AuthenticateError = Object.assign(new Error('no'), { returnCode: 4 });
      done(refused, false);
    };
    broker.authorizePublish = (client, packet, done) => {
      this.received++;
      this.onMessage(packet);
      if (this.mute && client !== null) return;
      this.acknowledged.push({ topic: packet.topic, payload: packet.payload.toString(), retain: packet.retain });
      done(null);
    };
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
      broker.handle(socket);
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  telemetry(): Received[] {
    return this.acknowledged.filter(({ topic }) => topic.endsWith('/telemetry'));
  }

  /** Ends as SIGKILL would: sockets cut, nothing said. */
  async crash(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#broker.close();
  }
}

const brokers: TestBroker[] = [];
async function startBroker(port?: number, token?: string): Promise<TestBroker> {
  const broker = await TestBroker.start(port, token);
  brokers.push(broker);
  return broker;
}

/**
 * A broker that dies after each of the given numbers of messages, the last forty of them unacknowledged (a few a client: aedes takes no more before
 * it has answered), and comes
 * back at the same address.
 */
async function startMortal(lives: readonly number[]): Promise<{ url: string; generations: TestBroker[] }> {
  const generations: TestBroker[] = [];
  const start = async (port?: number) => {
    const broker = await startBroker(port);
    const life = lives[generations.push(broker) - 1];
    broker.onMessage = () => {
      if (life === undefined) return;
      broker.mute ||= broker.received === life - 40;
      if (broker.received === life) void broker.crash().then(() => start(brokerPort));
    };
    return broker;
  };
  const first = await start();
  const brokerPort = first.port;
  return { url: first.url, generations };
}

afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.crash().catch(() => {})));
});

const SCENARIO = scenarioSchema.parse({
  name: 'test',
  summary: 'Something happens, and devices fail.',
  duration: '24h',
  timeline: [
    { text: 'Smoke.', over: 'Clean.', from: '4h', to: '5h', domain: 'environment', change: { pm25: { add: 100 } } },
  ],
  faults: [
    { kind: 'dropout', text: 'Silence.', over: 'Voices.', from: '1h', to: '2h', where: { type: ['loop-detector'] } },
    { kind: 'late-burst', text: 'Link lost.', over: 'Link back.', from: '3h', to: '4h', domain: 'environment' },
    { kind: 'duplicates', text: 'Twice.', over: 'Once.', from: '0', to: '24h', domain: 'environment', part: 0.3 },
  ],
  raises: [],
  staysQuiet: [],
});

/** What the city publishes, without any broker, each message once. */
function expected(from: number, to: number): string[] {
  const scenario = SCENARIO;
  const delivery = new Delivery(new CityReadings(scenario, 1, START), new CityFaults(scenario.faults, 1, START), 1);
  const lines: string[] = [];
  for (const { device, eventTime } of schedule(cityDevices(DEVICES), 1, from)) {
    if (eventTime >= to) break;
    for (const message of delivery.messages(device, eventTime)) {
      const topic = `city/${device.kind.domain}/${device.id}/telemetry`;
      if (message.as !== 'copy') lines.push(`${topic} ${payloadOf(message)}`);
    }
  }
  return lines.sort();
}

/** Each message once: devices send some twice. */
const linesOf = (messages: Received[]) =>
  [...new Set(messages.map(({ topic, payload }) => `${topic} ${payload}`))].sort();
const run = { scenario: SCENARIO, start: START, speed: Infinity, devices: DEVICES } as const;

describe('runScenario', () => {
  it('publishes every reading of the city once, and tells what happens', async () => {
    const broker = await startBroker();
    const story: string[] = [];
    const progress: number[] = [];
    const summary = await runScenario({
      ...run,
      url: broker.url,
      until: START + 6 * HOUR,
      now: () => START + 24 * HOUR,
      onEvent: ({ eventTime, text }) => story.push(`${(eventTime - START) / HOUR} ${text}`),
      onProgress: ({ acknowledged, sent }) => progress.push(sent - acknowledged),
    });
    const lines = expected(START, START + 6 * HOUR);
    expect(linesOf(broker.telemetry())).toEqual(lines);
    expect(summary.sent - summary.copies).toBe(lines.length);
    expect(summary.acknowledged).toBe(summary.sent);
    expect(summary.firstEventTime).toBeGreaterThanOrEqual(START);
    expect(summary.lastEventTime).toBeLessThan(START + 6 * HOUR);
    expect(story.slice(1)).toEqual([
      '1 Silence. (dropout, 8 devices)',
      '2 Voices.',
      '3 Link lost. (late-burst, 4 devices)',
      '4 Smoke.',
      '4 Link back.',
      '5 Clean.',
    ]);
    expect(summary).toMatchObject({ copies: broker.telemetry().length - lines.length });
    expect(summary.missed).toBeGreaterThan(8 * 60);
    expect(summary.late).toBeGreaterThan(0);
    expect(Math.max(...progress)).toBeLessThanOrEqual(512);
  });

  it('describes each device and says online before its first reading, and offline at the end, retained', async () => {
    const broker = await startBroker();
    await runScenario({ ...run, url: broker.url, until: START + 120_000, now: () => START + HOUR });
    for (const { id, kind, description } of cityDevices(DEVICES)) {
      const own = broker.acknowledged.filter(({ topic }) => topic.split('/')[2] === id);
      const kinds = own.map(({ topic, payload }) => (topic.endsWith('status') ? payload : topic.split('/')[3]));
      expect(kinds.slice(0, 2)).toEqual(['attributes', 'online']);
      expect(kinds.slice(2, -1).every((what) => what === 'telemetry')).toBe(true);
      expect(kinds.at(-1)).toBe('offline');
      expect(own[0]!.topic).toBe(`city/${kind.domain}/${id}/attributes`);
      expect(JSON.parse(own[0]!.payload)).toEqual(description);
      expect(own.filter(({ retain }) => retain).map(({ payload }) => payload)).toEqual(['online', 'offline']);
    }
  });

  it('loses nothing when the broker dies in the middle, and again while the rest is sent again', async () => {
    const { url, generations } = await startMortal([1600, 150]);
    const until = START + 6 * HOUR;
    const summary = await runScenario({ ...run, url, until, now: () => START + 24 * HOUR });
    const lines = expected(START, until);
    expect(generations).toHaveLength(3);
    expect([...new Set(linesOf(generations.flatMap((broker) => broker.telemetry())))].sort()).toEqual(lines);
    expect(summary.sent - summary.copies).toBe(lines.length);
    expect(summary.acknowledged).toBe(summary.sent);
    for (const broker of generations) {
      for (const { id } of cityDevices(DEVICES)) {
        const own = broker.telemetry().filter(({ topic }) => topic.includes(`/${id}/`));
        const times = [...new Set(own.map(({ payload }) => payload))].flatMap((payload) =>
          [JSON.parse(payload) as { ts: number }].flat().map(({ ts }) => ts),
        );
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }
    }
  });

  it('has the broker say offline for each device when its connection breaks', async () => {
    const broker = await startBroker();
    const stop = new AbortController();
    const cut = new Set<string>();
    broker.onMessage = ({ topic, payload }) => {
      if (payload.toString() === 'offline') cut.add(topic);
    };
    // Far behind the clock and slow: it connects, and then has time.
    const running = runScenario({ ...run, speed: 1e-6, url: broker.url, signal: stop.signal, patienceMs: Infinity });
    await until(() => !(broker.acknowledged.filter(({ payload }) => payload === 'online').length < DEVICES));
    await broker.crash();
    expect(cut.size).toBe(DEVICES);
    stop.abort();
    await running;
  });

  it('never publishes an event time that has not come', async () => {
    const broker = await startBroker();
    const stop = new AbortController();
    const clock = START + 10 * 60_000 + 30_000;
    const summary = runScenario({ ...run, url: broker.url, until: 'forever', now: () => clock, signal: stop.signal });
    const lines = expected(START, clock + 1);
    await until(() => !(broker.telemetry().length < lines.length));
    // The clock stands still, so nothing else is due; a few more turns of the loop would show what slipped through.
    for (let i = 0; i < 20; i++) await turn();
    stop.abort();
    expect(await summary).toMatchObject({ readings: expect.any(Number), late: 0 });
    expect(linesOf(broker.telemetry())).toEqual(lines);
  });

  it('goes on where another run stopped', async () => {
    const broker = await startBroker();
    const part = { ...run, url: broker.url, now: () => START + 24 * HOUR };
    await runScenario({ ...part, until: START + HOUR });
    await runScenario({ ...part, resumeFrom: START + HOUR, until: START + 2 * HOUR });
    expect(linesOf(broker.telemetry())).toEqual(expected(START, START + 2 * HOUR));
  });

  it('waits for a broker that does not acknowledge, with a bounded number under way', async () => {
    const broker = await startBroker();
    const stop = new AbortController();
    const telemetryCame = () => broker.received - 2 * DEVICES;
    broker.onMessage = ({ topic }) => (broker.mute ||= topic.endsWith('/telemetry'));
    const summary = runScenario({ ...run, url: broker.url, now: () => START + 24 * HOUR, signal: stop.signal });
    await until(() => !(broker.received === 0 || !broker.mute));
    for (let i = 0; i < 50; i++) await turn();
    expect(telemetryCame()).toBeLessThanOrEqual(512);
    stop.abort();
    const { sent, acknowledged } = await summary;
    expect(sent).toBeLessThanOrEqual(512);
    expect(acknowledged).toBeLessThan(sent);
  });

  it('says in a sentence that nobody answers, that the token is refused, and what else is wrong', async () => {
    const broker = await startBroker(0, 'secret');
    await expect(runScenario({ ...run, url: broker.url, token: 'wrong' })).rejects.toMatchObject({
      name: 'HubRefusedError',
      message: expect.stringMatching(/refused the token; give the one it was started with/),
    });
    const { url } = broker;
    await broker.crash();
    await expect(runScenario({ ...run, url })).rejects.toMatchObject({
      name: 'HubUnreachableError',
      message: expect.stringContaining(`No hub answers at ${url}`),
    });
    await expect(runScenario({ ...run, url: 'http://127.0.0.1' })).rejects.toThrow(/not the address of an MQTT hub/);
    await expect(runScenario({ ...run, url, speed: 0 })).rejects.toThrow(/speed is 0; give a number above 0/);
    await expect(runScenario({ ...run, url, scenario: 'x' })).rejects.toThrow(/There is no scenario "x"/);
  });

  it('gives up on a broker that stays away', async () => {
    const broker = await startBroker();
    broker.onMessage = ({ topic }) => {
      if (!topic.endsWith('/telemetry')) return;
      broker.onMessage = () => {};
      void broker.crash();
    };
    const running = runScenario({ ...run, url: broker.url, now: () => START + 24 * HOUR, patienceMs: 200 });
    await expect(running).rejects.toThrow(/No hub answers at .*: it has been away for/);
  });
});

describe('replayRecording', () => {
  let folder: string;
  const COLUMNS = 30;
  const ROWS = 200;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seawall-replay-'));
    const ids = Array.from({ length: COLUMNS }, (_, i) => `d${i}`);
    const rows = Array.from({ length: ROWS }, (_, row) =>
      ids.map((_id, i) => (row === 3 && i === 5 ? 'NA' : row * 100 + i)).join(','),
    );
    writeFileSync(join(folder, 'wide.csv'), [ids.join(','), ...rows].join('\n'));
    writeFileSync(
      join(folder, 'mapping.yaml'),
      'title: t\nfiles: wide.csv\ntimeZone: UTC\ntime: { start: "2020-01-01", step: 5m }\ndomain: traffic\nwide: true\nmetrics: { speed: { unit: km/h } }\n',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const options = () => ({ mapping: join(folder, 'mapping.yaml'), data: folder });

  it.each([0, 1, 2] as const)(
    'publishes each device and time once, in order, described before, at QoS %d',
    async (qos) => {
      const broker = await startBroker();
      const summary = await replayRecording({ ...options(), url: broker.url, qos });
      expect(summary).toMatchObject({
        readings: COLUMNS * ROWS - 1,
        missing: 1,
        sent: COLUMNS * ROWS - 1,
        acknowledged: COLUMNS * ROWS - 1,
        devices: COLUMNS,
      });
      await until(() => !(broker.telemetry().length < COLUMNS * ROWS - 1));
      for (let i = 0; i < COLUMNS; i++) {
        const own = broker.acknowledged.filter(({ topic }) => topic.startsWith(`city/traffic/d${i}/`));
        expect(own[0]!.topic).toBe(`city/traffic/d${i}/attributes`);
        expect(JSON.parse(own[0]!.payload)).toEqual({ metrics: { speed: { unit: 'km/h' } } });
        const rows = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row !== 3 || i !== 5);
        expect(own.slice(1).map(({ payload }) => JSON.parse(payload) as unknown)).toEqual(
          rows.map((row) => ({ ts: Date.UTC(2020, 0, 1) + row * 300_000, values: { speed: row * 100 + i } })),
        );
      }
    },
  );

  it('loses nothing when the broker dies in the middle, and again while the rest is sent again', async () => {
    const { url, generations } = await startMortal([2100, 150]);
    const summary = await replayRecording({ ...options(), url });
    expect(generations).toHaveLength(3);
    const all = new Set(linesOf(generations.flatMap((broker) => broker.telemetry())));
    expect(all.size).toBe(COLUMNS * ROWS - 1);
    expect(summary.acknowledged).toBe(COLUMNS * ROWS - 1);
  });

  it('stops when told to', async () => {
    const broker = await startBroker();
    const stop = new AbortController();
    const reason = new Error('enough');
    broker.onMessage = () => broker.received === 1000 && stop.abort(reason);
    await expect(replayRecording({ ...options(), url: broker.url, signal: stop.signal })).rejects.toBe(reason);
    expect(broker.telemetry().length).toBeLessThan(COLUMNS * ROWS - 1);
  });
});

/** @throws Error after ten seconds, so that no test leaves a loop behind */
async function until(reached: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!reached()) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${reached.toString()}.`);
    await turn();
  }
}

/** One turn of the event loop, with what sockets have to say. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
