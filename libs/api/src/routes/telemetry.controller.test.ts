import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Rejection } from '@seawall/model';
import { JournalUnavailableError, KeyReusedError, OverloadedError } from '@seawall/ports';
import type { TestApi } from '../test-api.ts';
import { NOW, post, testApi } from '../test-api.ts';

const PATH = '/api/v1/telemetry';
const REJECTION: Rejection = {
  reason: 'not-a-number',
  detail: '"x" is no number.',
  topic: 'POST /api/v1/telemetry',
  pointer: '/values/pm25',
  receivedAt: NOW,
  sample: '"x"',
};

let api: TestApi;
afterEach(() => api.close());

describe('POST /api/v1/telemetry', () => {
  it('hands the raw body with its parameters to the acceptance and answers the receipt', async () => {
    api = await testApi({ receipt: async () => ({ accepted: 2, rejected: 1, errors: [REJECTION] }) });
    const init = post('{"ts":1,"values":{"pm25":1}}', { 'idempotency-key': 'k-1', 'content-type': 'text/plain' });
    const { status, body } = await api.json(`${PATH}?domain=environment&device=aq-7&origin=import`, init);
    expect(status).toBe(200);
    expect(body).toEqual({
      accepted: 2,
      rejected: 1,
      errors: [{ ...REJECTION, receivedAt: '2026-09-21T14:13:20.000Z' }],
    });
    const { body: sent, ...place } = api.submissions[0]!;
    expect(Buffer.from(sent).toString()).toBe('{"ts":1,"values":{"pm25":1}}');
    expect(place).toEqual({
      source: 'POST /api/v1/telemetry',
      origin: 'import',
      sender: 'http:aq-7',
      domain: 'environment',
      device: 'aq-7',
      idempotencyKey: 'k-1',
    });
  });

  it('answers 422 with the errors when nothing was usable', async () => {
    api = await testApi({ receipt: async () => ({ accepted: 0, rejected: 1, errors: [REJECTION] }) });
    const { status, body, headers } = await api.json(PATH, post('{}'));
    expect(status).toBe(422);
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(body).toMatchObject({ type: 'urn:seawall:problem:nothing-usable', status: 422, accepted: 0, rejected: 1 });
    expect(body.detail).toContain('"x" is no number.');
    expect(body.errors).toHaveLength(1);
  });

  it('inflates gzip, and refuses what is not gzip, or an encoding it does not know', async () => {
    api = await testApi();
    const zipped = { method: 'POST', body: gzipSync('{"a":1}'), headers: { 'content-encoding': 'gzip' } };
    expect((await api.json(PATH, zipped)).status).toBe(200);
    expect(Buffer.from(api.submissions[0]!.body).toString()).toBe('{"a":1}');
    expect((await api.json(PATH, post('{}', { 'content-encoding': 'gzip' }))).status).toBe(400);
    expect((await api.json(PATH, post('{}', { 'content-encoding': 'br' }))).status).toBe(415);
    expect(api.submissions).toHaveLength(1);
  });

  it('keeps a rejection of a body that can not be read for its encoding', async () => {
    api = await testApi();
    const cut = gzipSync('{"a":1}').subarray(0, 20);
    const encodings = [
      ['gzip', cut],
      ['br', '{}'],
    ] as const;
    for (const [encoding, body] of encodings) {
      const init = { method: 'POST', body, headers: { 'content-encoding': encoding } };
      await api.json(`${PATH}?domain=environment&device=aq-7`, init);
    }
    await api.catchUp();
    const { body } = await api.json('/api/v1/rejections?reason=bad-encoding');
    expect(body.items).toHaveLength(2);
    expect(body.items[1]).toMatchObject({
      device: 'aq-7',
      domain: 'environment',
      topic: 'POST /api/v1/telemetry',
      detail: expect.stringContaining('cut short'),
    });
  });

  it('bounds a body as sent and as inflated, and keeps a rejection of it', async () => {
    api = await testApi({ limits: { telemetryBytes: 1000 } });
    const bomb = { method: 'POST', body: gzipSync(Buffer.alloc(100_000)), headers: { 'content-encoding': 'gzip' } };
    for (const init of [post('x'.repeat(1001)), bomb]) {
      const { status, body } = await api.json(`${PATH}?device=aq-7`, init);
      expect([status, body.limit]).toEqual([413, 1000]);
    }
    expect(api.submissions).toHaveLength(0);
    await api.catchUp();
    const { body } = await api.json('/api/v1/rejections?reason=too-large');
    expect(body.items).toHaveLength(2);
    expect(body.items[0]).toMatchObject({ reason: 'too-large', device: 'aq-7', topic: 'POST /api/v1/telemetry' });
  });

  it('bounds a body that does not say its length, and answers while more of it is to come', async () => {
    api = await testApi({ limits: { telemetryBytes: 1000 } });
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`POST ${PATH} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 4; i++) socket.write(`100\r\n${'x'.repeat(256)}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 413 /);
    // The rest is thrown away, and the connection serves the next request.
    socket.write(`100\r\n${'x'.repeat(256)}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    const [next] = (await once(socket, 'data')) as [Buffer];
    expect(next.toString()).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  it('bounds the bodies that are held at one time, and gives the room back with the answer', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    api = await testApi({
      limits: { heldBytes: 1500 },
      receipt: () => held.then(() => ({ accepted: 1, rejected: 0, errors: [] })),
    });
    const first = api.json(PATH, post('x'.repeat(1000)));
    while (api.submissions.length === 0) await new Promise(setImmediate);
    const second = await api.json(PATH, post('x'.repeat(1000)));
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    release();
    expect((await first).status).toBe(200);
    expect((await api.json(PATH, post('x'.repeat(1000)))).status).toBe(200);
  });

  it.each([
    [new OverloadedError('More is held than the disk can take in.', 7), 429, '7', 'overloaded'],
    [new JournalUnavailableError('The disk is full.'), 503, '5', 'unavailable'],
    [new KeyReusedError('The key came with another body.'), 422, null, 'key-reused'],
  ])(
    'answers what the acceptance throws with the status of whose fault it is (%#)',
    async (error, status, retryAfter, kind) => {
      api = await testApi({ receipt: () => Promise.reject(error) });
      const answer = await api.json(PATH, post('{}'));
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
      expect(answer.body).toMatchObject({ type: `urn:seawall:problem:${kind}`, detail: error.message });
    },
  );

  it('keeps the cause of its own fault in the log, and names it to the client by an id', async () => {
    api = await testApi({ receipt: () => Promise.reject(new Error('secret path /x')) });
    const { status, body } = await api.json(PATH, post('{}'));
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(api.logged.join()).toContain(body.instance);
    expect(api.logged.join()).toContain('secret path /x');
  });

  it.each([
    ['?orign=live', 'orign'],
    ['?origin=dead', 'origin'],
    ['?device=a&device=b', 'device'],
  ])('refuses the parameters %s by name', async (query, name) => {
    api = await testApi();
    const { status, body } = await api.json(PATH + query, post('{}'));
    expect(status).toBe(400);
    expect(body.detail).toContain(`"${name}"`);
  });

  it('refuses an idempotency key that is too long', async () => {
    api = await testApi();
    expect((await api.json(PATH, post('{}', { 'idempotency-key': 'k'.repeat(256) }))).status).toBe(400);
  });
});
