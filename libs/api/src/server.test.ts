import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TestApi } from './test-api.ts';
import { post, testApi } from './test-api.ts';

let api: TestApi;
afterEach(() => api.close());

/** Sends bytes as they are and reads until the hub closes. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

describe('the server', () => {
  it('rejects for a taken port with the code of the system', async () => {
    api = await testApi();
    await expect(testApi({ port: api.port })).rejects.toMatchObject({ code: 'EADDRINUSE', port: api.port });
  });

  it('tells of itself truly', async () => {
    let ok = true;
    api = await testApi({
      health: () => ({ ready: true, checks: [{ name: 'store', ok, detail: 'The store answers.' }] }),
    });
    expect(await api.json('/healthz')).toMatchObject({ status: 200, body: { alive: true, version: '0.1.0' } });
    expect(await api.json('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    ok = false;
    expect(await api.json('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, checks: [{ name: 'store', ok: false }] },
    });
    expect((await api.json('/healthz')).status).toBe(200);
  });

  it.each([
    ['POST', '/api/v1/query', '{"metrics":["pm25"],"from":"-1h"}'],
    ['GET', '/api/v1/devices/aq-7', undefined],
    ['GET', '/api/v1/rules/pm25-high', undefined],
    ['POST', '/api/v1/rules', '{}'],
    ['PUT', '/api/v1/rules/pm25-high', '{}'],
    ['DELETE', '/api/v1/rules/pm25-high', undefined],
    ['GET', '/api/v1/alerts/a1', undefined],
    ['POST', '/api/v1/alerts/a1/ack', '{"by":"x"}'],
    ['POST', '/api/v1/backups', '{}'],
    ['GET', '/api/v1/backups', undefined],
    ['GET', '/api/v1/backups/nightly', undefined],
    ['GET', '/api/v1/stream/overview', undefined],
  ])('refuses a parameter where there is none: %s %s', async (method, path, body) => {
    api = await testApi();
    const answer = await api.json(`${path}?limit=5`, { method, ...(body !== undefined && { body }) });
    const detail = 'There is no parameter "limit" here; this path takes none.';
    expect([answer.status, answer.body.detail]).toEqual([400, detail]);
  });

  it('names the parameters that there are', async () => {
    api = await testApi();
    const detailOf = async (path: string) => (await api.json(path)).body.detail;
    expect(await detailOf('/api/v1/stream/alerts?x=1')).toBe('There is no parameter "x" here; there is origin.');
    expect(await detailOf('/api/v1/rules?x=1')).toBe('There is no parameter "x" here; there are limit, cursor.');
  });

  it.each([
    ['GET', '/nowhere', 404, 'not-found'],
    ['GET', '/api/v1/nowhere?token=x', 404, 'not-found'],
    ['DELETE', '/api/v1/devices', 404, 'not-found'],
    ['GET', '/%ZZ', 400, 'bad-request'],
    ['GET', '/api/v2/buckets', 501, 'not-built'],
    ['GET', '/prometheus/api/v1/query', 501, 'not-built'],
    ['POST', '/query', 501, 'not-built'],
    ['POST', '/write', 501, 'not-built'],
    ['GET', '/ping', 501, 'not-built'],
    ['POST', '/api/v1/backtests', 501, 'not-built'],
    ['POST', '/api/v1/silences', 501, 'not-built'],
  ])('answers %s %s with %i', async (method, path, status, kind) => {
    api = await testApi();
    const answer = await api.json(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer.body).toMatchObject({ type: `urn:seawall:problem:${kind}`, status });
    if (status === 501) expect(answer.body.detail).toContain(path.split('?')[0]);
    expect(answer.body.detail).not.toContain('token=x');
  });

  it.each(['device=caf%E9', 'domain=d&device=a%', 'device=%ZZ', '%C3=x', 'device=a&device=%ED%A0%80'])(
    'refuses the query string %s, whose escapes are none, and does not take them literally',
    async (query) => {
      api = await testApi();
      for (const path of ['/api/v1/telemetry', '/api/v2/write', '/api/v1/devices']) {
        const { status, body } = await api.json(`${path}?${query}`, path.endsWith('devices') ? {} : post('{"a":1}'));
        expect(status).toBe(400);
        expect(body.detail ?? body.message).toMatch(/^The parameter "[^=]*" holds a percent escape/);
      }
      expect(api.submissions).toEqual([]);
    },
  );

  it('takes escapes of every character', async () => {
    api = await testApi();
    const device = 'caf\u00e9 50%+1 \ud83d\ude00';
    const query = `domain=d&device=${encodeURIComponent(device)}`;
    expect((await api.fetch(`/api/v1/telemetry?${query}`, post('{"a":1}'))).status).toBe(200);
    expect(api.submissions[0]).toMatchObject({ domain: 'd', device });
  });

  it('answers a framework error in a body route as a problem, whatever the content type', async () => {
    api = await testApi();
    const { status, body } = await api.json('/api/v1/query', post('{', { 'content-type': 'no/such;;;' }));
    expect([status, body.status]).toEqual([400, 400]);
  });

  it('answers what is not HTTP, and headers without bound, and closes', async () => {
    api = await testApi();
    expect(await exchange(api.port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [^]*"status":400/);
    expect(await exchange(api.port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
  });

  it('takes no more connections than it may', async () => {
    api = await testApi({ limits: { connections: 1 } });
    const first = connect(api.port, '127.0.0.1');
    await new Promise((resolve) => first.once('connect', resolve));
    expect(await exchange(api.port, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n').catch(() => '')).toBe('');
    first.destroy();
  });

  it('waits for answers under way when it closes, and not forever', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    api = await testApi({
      limits: { closeMs: 60_000 },
      receipt: () => held.then(() => ({ accepted: 1, rejected: 0, errors: [] })),
    });
    const underWay = api.json('/api/v1/telemetry', post('{}'));
    while (api.submissions.length === 0) await new Promise(setImmediate);
    const closed = api.close();
    release();
    expect((await underWay).status).toBe(200);
    await closed;
    await expect(api.fetch('/healthz')).rejects.toThrow();

    api = await testApi({ limits: { closeMs: 20 }, receipt: () => new Promise(() => undefined) });
    const lost = api.json('/api/v1/telemetry', post('{}')).catch((error: Error) => error);
    while (api.submissions.length === 0) await new Promise(setImmediate);
    await api.close();
    expect(await lost).toHaveProperty('message', 'fetch failed');
  });
});
