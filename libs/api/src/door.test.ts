import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TestApi } from './test-api.ts';
import { post, testApi } from './test-api.ts';

const TOKEN = 'a-long-token';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

let api: TestApi;
afterEach(() => api.close());

/** fetch sets Host and Origin itself, so these are sent by hand. */
function statusWith(headers: Record<string, string>, method = 'GET', path = '/api/v1/devices'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: api.port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    request.on('error', reject).end();
  });
}

describe('with a token', () => {
  it.each([
    ['Bearer a-long-token', 200],
    ['bearer a-long-token', 200],
    ['Token a-long-token', 200],
    [basic('anyone:a-long-token'), 200],
    [basic(':a-long-token'), 200],
    [basic('a-long-token:'), 401],
    [basic('a-long-token'), 401],
    ['Bearer a-long-tokem', 401],
    ['Bearer a-long-token2', 401],
    ['Bearer', 401],
    ['Digest a-long-token', 401],
    ['a-long-token', 401],
  ])('answers %s with %i', async (authorization, status) => {
    api = await testApi({ token: TOKEN });
    expect((await api.json('/api/v1/devices', { headers: { authorization } })).status).toBe(status);
  });

  it('challenges whoever brings none, on every path but the probes', async () => {
    api = await testApi({ token: TOKEN });
    for (const path of ['/metrics', '/api/docs', '/api/openapi.json', '/api/v1/stream/alerts', '/nowhere', '/ping']) {
      const { status, headers, body } = await api.json(path);
      expect([path, status]).toEqual([path, 401]);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="seawall", Basic realm="seawall", charset="UTF-8"');
      expect(body.type).toBe('urn:seawall:problem:unauthorized');
    }
    expect((await api.json('/healthz')).status).toBe(200);
    expect((await api.json('/readyz')).body).toEqual({ ready: true });
    const known = await api.json('/readyz', { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(known.body.checks).toHaveLength(1);
  });

  it('reads no body of whoever brings none', async () => {
    api = await testApi({ token: TOKEN });
    expect((await api.json('/api/v1/telemetry', post('{}'))).status).toBe(401);
    expect(api.submissions).toHaveLength(0);
  });

  it('never logs a secret', async () => {
    api = await testApi({ token: TOKEN, receipt: () => Promise.reject(new Error('broken')) });
    await api.json('/api/v1/telemetry', post('{}', { authorization: `Bearer ${TOKEN}` }));
    await api.json('/api/v1/telemetry', post('{}', { authorization: 'Bearer almost-a-secret' }));
    expect(api.logged.join()).toContain('broken');
    expect(api.logged.join()).not.toMatch(/a-long-token|almost-a-secret/);
  });

  it('tells senders with Basic user names apart', async () => {
    api = await testApi({ token: TOKEN });
    await api.json('/api/v1/telemetry', post('{}', { authorization: basic(`loader:${TOKEN}`) }));
    expect(api.submissions[0]!.sender).toBe('http:loader');
  });

  it('answers by any name, and refuses foreign pages only where the browser adds the secret', async () => {
    api = await testApi({ token: TOKEN });
    const foreign = { host: 'hub.example', origin: 'https://evil.example' };
    expect(await statusWith({ ...foreign, authorization: `Bearer ${TOKEN}` })).toBe(200);
    const path = '/api/v1/telemetry';
    expect(await statusWith({ ...foreign, authorization: `Bearer ${TOKEN}` }, 'POST', path)).toBe(200);
    expect(await statusWith({ ...foreign, authorization: basic(`x:${TOKEN}`) }, 'POST', path)).toBe(403);
  });
});

describe('without a token', () => {
  it.each([
    ['localhost', 200],
    ['localhost:8080', 200],
    ['hub.localhost', 200],
    ['127.0.0.1:8080', 200],
    ['192.168.1.7', 200],
    ['[::1]:8080', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
  ])('answers the Host %s with %i', async (host, status) => {
    api = await testApi();
    expect(await statusWith({ host })).toBe(status);
  });

  it.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{}, 200],
  ])('answers a change from %j with %i', async (headers, status) => {
    api = await testApi();
    expect(await statusWith(headers as Record<string, string>, 'POST', '/api/v1/telemetry')).toBe(status);
    expect(api.submissions).toHaveLength(status === 200 ? 1 : 0);
  });

  it('takes changes from pages of its own', async () => {
    api = await testApi();
    const own = { origin: `http://127.0.0.1:${api.port}` };
    expect(await statusWith(own, 'POST', '/api/v1/telemetry')).toBe(200);
  });

  it('allows no other origin to read', async () => {
    api = await testApi();
    const { headers } = await api.json('/healthz', { headers: { origin: 'https://evil.example' } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
