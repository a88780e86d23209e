import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getJson, listAll, query } from '../support/http.ts';
import { mqttPacketCorpus } from '../support/mqtt-packet-corpus.ts';
import { mebibytes } from '../support/process-memory.ts';
import { RawClient } from '../support/raw-client.ts';
import {
  connectPacket,
  openSocket,
  packet,
  publishPacket,
  remainingLength,
  subscribePacket,
} from '../support/raw-mqtt.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { BAD_PAYLOADS } from './bad-payloads.ts';

/** Generous: a leak of what this file sends would be several times as much. */
const MEMORY_BOUND = 200 * 1024 * 1024;

interface KeptRejection {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly device?: string;
  readonly sample: string;
}

let hub: RunningHub;
let dataDir: string;
let heldBefore: number;
let probes = 0;

beforeAll(async () => {
  dataDir = await makeTempDir('bad-input');
  hub = await startHub({ dataDir });
  await expectHealthy();
  heldBefore = hub.residentBytes();
}, 60_000);

afterAll(async () => {
  await hub?.stop();
  await removeTempDir(dataDir);
});

/** A stranger's mischief must not be felt by an honest device: it is acknowledged, and its reading is there. */
async function expectHealthy(): Promise<void> {
  hub.mustRun();
  const device = `honest-${probes++}`;
  const client = await RawClient.connect(hub.mqtt, device);
  expect(await client.publish(`city/environment/${device}/telemetry`, '{"ts":1790000000000,"values":{"a":1}}')).toBe(
    'acknowledged',
  );
  client.destroy();
  const document = { metrics: ['a'], where: { device: [device] }, from: 1789999999999, to: 1790000000001 };
  await waitUntil(
    'the reading can be queried',
    async () => (await query(hub.http, document)).series[0]?.time.length === 1,
  );
}

function rejectionsOf(device: string): Promise<KeptRejection[]> {
  return listAll<KeptRejection>(hub.http, `/api/v1/rejections?device=${encodeURIComponent(device)}`);
}

describe('payloads that can not be used', () => {
  it.each(BAD_PAYLOADS.map((bad, i) => ({ ...bad, device: `bad-payload-${i}` })))(
    '$name: acknowledged, kept as a rejection with its reason, and told',
    async ({ payload, reasons, device }) => {
      const client = await RawClient.connect(hub.mqtt, device);
      const fate = await client.publish(`city/environment/${device}/telemetry`, payload);
      expect(fate).toBe('acknowledged');
      const kept = await waitUntil('the rejection is kept', async () => {
        const found = await rejectionsOf(device);
        return found.length > 0 && found;
      });
      expect(reasons).toContain(kept[0]!.reason);
      expect(kept[0]!.detail.length).toBeGreaterThan(10);
      expect(kept[0]!.sample.length).toBeLessThanOrEqual(256);
      client.destroy();
    },
  );

  it('keeps the good readings of a message and rejects the bad', async () => {
    const client = await RawClient.connect(hub.mqtt, 'mixed');
    const payload =
      '[{"ts":1790000000000,"values":{"a":1,"b":"text"}},{"ts":5,"values":{"a":2}},{"a":3,"ts":1790000000001}]';
    expect(await client.publish('city/environment/mixed/telemetry', payload)).toBe('acknowledged');
    client.destroy();
    const document = { metrics: ['a', 'b'], where: { device: ['mixed'] }, from: 1789999999999, to: 1790000000009 };
    const answer = await waitUntil('both are stored', async () => {
      const found = await query(hub.http, document);
      return found.series[0]?.time.length === 2 && found;
    });
    expect(answer.series.map(({ metric, values }) => [metric, values.value])).toEqual([['a', [1, 3]]]);
    await waitUntil('both rejections are kept', async () => (await rejectionsOf('mixed')).length === 2);
  });

  it('counts them all by reason on /metrics', async () => {
    const text = await (await fetch(new URL('/metrics', hub.http))).text();
    expect(text).toMatch(/reason="malformed-json"[^\n]*\} [1-9]/);
  });

  it('takes a payload of 1 MB for what it is: an answer or a clean end, and nothing stored', async () => {
    const client = await RawClient.connect(hub.mqtt, 'megabyte');
    const fate = await client.publish('city/environment/megabyte/telemetry', `{"a":"${'x'.repeat(1 << 20)}"}`);
    expect(['acknowledged', 'closed']).toContain(fate);
    const kept = await waitUntil('it is told', async () => {
      const found = await listAll<KeptRejection>(hub.http, '/api/v1/rejections');
      return found.some((one) => one.topic.includes('megabyte') || one.reason === 'too-large') && found;
    });
    expect(kept.length).toBeGreaterThan(0);
    client.destroy();
    await expectHealthy();
  });

  it('survives what fast-check thinks of, JSON or bytes', async () => {
    const client = await Fuzzer.start('fuzzer');
    const anyJson = fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text));
    const anyTelemetry = fc
      .record(
        { ts: fc.jsonValue(), values: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 })) },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value)));
    const anyBytes = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));
    const payload = fc.oneof(anyJson, anyTelemetry, anyBytes);
    const suffix = fc.constantFrom('telemetry', 'attributes', 'status', 'telemetry/lp', 'telemetry/senml', 'nonsense');
    await fc.assert(
      fc.asyncProperty(payload, suffix, async (bytes, end) =>
        client.expectAnswer(`city/environment/fuzzed/${end}`, bytes),
      ),
      { numRuns: 400, seed: 20_261_123 },
    );
    client.stop();
    await expectHealthy();
  }, 60_000);
});

/** Publishes again and again; after a disconnect it comes back, as devices do. */
class Fuzzer {
  #client: RawClient;
  readonly #clientId: string;

  private constructor(client: RawClient, clientId: string) {
    this.#client = client;
    this.#clientId = clientId;
  }

  static async start(clientId: string): Promise<Fuzzer> {
    return new Fuzzer(await RawClient.connect(hub.mqtt, clientId), clientId);
  }

  async expectAnswer(topic: string, bytes: Buffer): Promise<void> {
    const fate = await this.#client.publish(topic, bytes);
    if (fate === 'closed') this.#client = await RawClient.connect(hub.mqtt, this.#clientId);
  }

  stop(): void {
    this.#client.destroy();
  }
}

describe('topics that can not be placed', () => {
  it.each([
    ['city/', ['bad-topic', 'bad-name']],
    ['city/environment/telemetry', ['bad-topic']],
    ['city/environment/x/y/z/telemetry', ['bad-topic']],
    ['city//x/telemetry', ['bad-topic', 'bad-name']],
    [`city/environment/${'d'.repeat(129)}/telemetry`, ['bad-topic', 'bad-name']],
    ['city/environment/a\u0007b/telemetry', ['bad-topic', 'bad-name']],
    ['city/environment/$x/telemetry', ['bad-topic', 'bad-name']],
    ['city/environment/x/telemetry/senml', ['not-built', 'bad-topic']],
    ['city/environment/x/commands', ['not-built', 'reserved-topic']],
    ['city/alerts/critical/x', ['reserved-topic']],
    ['city/hub/heartbeat', ['reserved-topic']],
    ['city/clients/x/errors', ['reserved-topic']],
    ['city/environment/x/errors', ['reserved-topic']],
  ])('%j: refused with a reason, or the connection ends', async (topic, reasons) => {
    const client = await RawClient.connect(hub.mqtt, 'lost');
    const fate = await client.publish(topic, '{"a":1}');
    client.destroy();
    if (fate === 'closed') return;
    const kept = await waitUntil('the rejection is kept', async () => {
      const found = (await listAll<KeptRejection>(hub.http, '/api/v1/rejections')).filter((one) => one.topic === topic);
      return found.length > 0 && found;
    });
    expect(reasons).toContain(kept[0]!.reason);
  });

  it.each(['city/environment/+/telemetry', 'city/#', '+/+/+/telemetry', '', 'city/environment/a\u0000b/telemetry'])(
    'a PUBLISH to %j ends the connection, as MQTT demands [MQTT-3.3.2-2]',
    async (topic) => {
      const client = await RawClient.connect(hub.mqtt, 'wild');
      expect(await client.publish(topic, '{"a":1}')).toBe('closed');
    },
  );

  it('lets no client publish an alert: a subscriber never sees it', async () => {
    const liar = await RawClient.connect(hub.mqtt, 'liar');
    const listener = await RawClient.connect(hub.mqtt, 'listener');
    listener.send(subscribePacket('city/alerts/#', 1, 0));
    await waitUntil('SUBACK comes', () => listener.packets.some(({ cmd }) => cmd === 'suback'));
    await liar.publish('city/alerts/critical/x/y/z/w', '{"state":"firing"}');
    expect(await listener.fate()).toBe('alive');
    expect(listener.packets.filter(({ cmd }) => cmd === 'publish')).toEqual([]);
    liar.destroy();
    listener.destroy();
  });
});

describe('malformed MQTT', () => {
  const corpus = mqttPacketCorpus();

  it('knows the packets of the corpus', () => {
    expect(corpus.length).toBeGreaterThan(100);
    expect(corpus.filter(({ malformed }) => malformed).length).toBeGreaterThan(40);
  });

  it('ends the connection on every malformed packet of the corpus, after CONNECT', async () => {
    const malformed = corpus.filter((one) => one.malformed);
    const outcomes = await Promise.all(malformed.map(({ bytes }, i) => fateOf(bytes, `corpus-${i}`)));
    expect(malformed.filter((_, i) => outcomes[i] !== 'closed').map(({ name }) => name)).toEqual([]);
    await expectHealthy();
  }, 60_000);

  it('stays up through the whole corpus sent before CONNECT', async () => {
    for (const { bytes } of corpus) {
      const client = await RawClient.open(hub.mqtt);
      client.send(bytes);
      client.send(bytes);
      client.destroy();
    }
    await expectHealthy();
  }, 60_000);

  it('refuses a version 5 CONNECT with code 1', async () => {
    const client = await RawClient.open(hub.mqtt);
    client.send(packet(0x10, Buffer.from('00044d5154540502003c000003616263', 'hex')));
    await waitUntil('it is refused', () => client.closed || client.packets.length > 0);
    const connack = client.packets.find(({ cmd }) => cmd === 'connack');
    expect(connack).toMatchObject({ returnCode: 1 });
    client.destroy();
  });

  it('survives mutated packets and raw garbage', async () => {
    const good = [
      connectPacket('mutant'),
      publishPacket('city/environment/mutant/telemetry', '{"a":1}', 1),
      Buffer.from([0xc0, 0]),
    ];
    const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    const mutated = fc
      .tuple(fc.constantFrom(...good), fc.array(mutation, { minLength: 1, maxLength: 4 }))
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes);
        for (const { at, byte } of changes) copy[at % copy.length] = byte;
        return copy;
      });
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const send = async (packets: readonly Buffer[]) => {
      const client = await RawClient.open(hub.mqtt);
      for (const bytes of packets) client.send(bytes);
      await new Promise((resolve) => setImmediate(resolve));
      client.destroy();
    };
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(mutated, garbage), { minLength: 1, maxLength: 5 }), send), {
      numRuns: 300,
      seed: 7,
    });
    await expectHealthy();
  }, 60_000);

  it('does not wait in memory for a packet that says it has 256 MB', async () => {
    const client = await RawClient.connect(hub.mqtt, 'giant');
    client.send(Buffer.concat([Buffer.from([0x32]), remainingLength(268_435_455), Buffer.alloc(70_000, 0x61)]));
    await waitUntil('the connection ends', () => client.closed);
    await expectHealthy();
  });

  it('works on while 200 clients say one byte and then nothing', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => openSocket(hub.mqtt)));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write(Buffer.from([0x10]));
    }
    await expectHealthy();
    for (const socket of sockets) socket.destroy();
  });

  /** What follows a malformed packet: pings pad those that still wait for bytes, and show whether anybody is there. */
  async function fateOf(bytes: Buffer, clientId: string): Promise<string> {
    const client = await RawClient.connect(hub.mqtt, clientId);
    client.send(bytes);
    const fate = await client.fate();
    client.destroy();
    return fate;
  }
});

describe('HTTP garbage', () => {
  async function answerTo(bytes: Buffer | string): Promise<string> {
    const socket = await openSocket(hub.http);
    let answer = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.write(bytes);
    await waitUntil('an answer or the end', () => answer.length > 0 || socket.destroyed || socket.readableEnded);
    socket.destroy();
    return answer;
  }

  it.each([
    ['no HTTP at all', '\u0000\u0001\u0002garbage\r\n\r\n'],
    ['a request line of 100 kB', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['headers of 200 kB', `GET / HTTP/1.1\r\nhost: x\r\n${'x-a: b\r\n'.repeat(25_000)}\r\n`],
    ['two lengths', 'POST /api/v1/telemetry HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
    [
      'a length and chunks',
      'POST /api/v1/telemetry HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\nzz',
    ],
    ['a path out of the tree', 'GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    ['a broken escape', 'GET /api/v1/devices/%E0%A4%A HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
  ])('%s: a 4xx or the end of the connection', async (_, bytes) => {
    const answer = await answerTo(bytes);
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
  });

  it.each([
    ['malformed JSON', '{"a":', [400, 422]],
    ['nothing', '', [400, 411, 422]],
    ['a bare number', '42', [400, 422]],
    ['no device', '{"values":{"a":1}}', [400, 422]],
  ])('telemetry with %s is refused with a problem document', async (_, body, statuses) => {
    const response = await fetch(new URL('/api/v1/telemetry', hub.http), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(statuses).toContain(response.status);
    expect(((await response.json()) as object) !== null).toBe(true);
  });

  it.each([
    ['no JSON', '{'],
    ['no metrics', '{}'],
    ['metrics that are no list', '{"metrics":{"a":1}}'],
    ['an unknown field', '{"metrics":["a"],"from":"-1h","to":"now","nonsense":1}'],
    ['a backward range', '{"metrics":["a"],"from":"now","to":"-1h"}'],
    ['an unknown aggregate', '{"metrics":["a"],"from":"-1h","to":"now","aggregate":["magic"]}'],
    ['an injection', `{"metrics":["a"],"where":{"x'); DROP TABLE raw; --":["y"]},"from":"x'","to":"now"}`],
    ['a zone that is none', '{"metrics":["a"],"from":"-1h","to":"now","timeZone":"Mars/Olympus"}'],
  ])('a query with %s is refused with a problem document', async (_, body) => {
    const response = await fetch(new URL('/api/v1/query', hub.http), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([400, 422]).toContain(response.status);
    expect(response.headers.get('content-type')).toMatch(/application\/problem\+json/);
    expect(await response.json()).toHaveProperty('title');
  });

  it('refuses a body of 64 MB without holding it', async () => {
    const before = hub.residentBytes();
    const status = await fetch(new URL('/api/v1/telemetry', hub.http), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(64 << 20, 0x20),
    }).then(
      (response) => response.status,
      () => 413, // the connection was cut while sending, which says the same
    );
    expect(status).toBe(413);
    expect(mebibytes(hub.residentBytes() - before)).toBeLessThan(64);
  });

  it('works on while 100 requests trickle', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => openSocket(hub.http)));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write('POST /api/v1/telemetry HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{');
    }
    await expectHealthy();
    for (const socket of sockets) socket.destroy();
  });
});

describe('afterwards', () => {
  it('the process is the same one, ready, and its memory bounded', async () => {
    await expectHealthy();
    expect(await getJson(hub.http, '/healthz')).toBeDefined();
    expect(mebibytes(hub.residentBytes() - heldBefore)).toBeLessThan(mebibytes(MEMORY_BOUND));
  });
});
