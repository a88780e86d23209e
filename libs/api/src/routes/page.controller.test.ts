import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestApi } from '../test-api.ts';
import { testApi } from '../test-api.ts';

const MAP = '{"type":"FeatureCollection","features":[]}';

let root: string;
let api: TestApi;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'seawall-page-'));
  const [page, built] = [join(root, 'page'), join(root, 'built')];
  mkdirSync(page);
  mkdirSync(built);
  writeFileSync(join(root, 'secret.js'), 'secret');
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>x</title>');
  writeFileSync(join(page, 'style.css'), 'body{}');
  writeFileSync(join(built, 'main.js'), 'export {};');
  writeFileSync(join(built, 'main.test.js'), 'test');
  writeFileSync(join(built, 'main.d.ts'), 'types');
  api = await testApi({ pageDirs: [page, built], map: MAP });
});
afterEach(async () => {
  await api.close();
  rmSync(root, { recursive: true });
});

describe('the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', '<!doctype html><title>x</title>'],
    ['/page/style.css', 'text/css; charset=utf-8', 'body{}'],
    ['/page/main.js', 'text/javascript; charset=utf-8', 'export {};'],
    ['/map.geojson', 'application/geo+json; charset=utf-8', MAP],
  ])('answers %s as %s', async (path, type, text) => {
    const response = await api.fetch(path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(text);
  });

  it('lets nothing in that is not from the hub, and no script within the page', async () => {
    const policy = (await api.fetch('/')).headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('is kept by the browser and asked for again', async () => {
    const first = await api.fetch('/page/main.js');
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const etag = first.headers.get('etag')!;
    const again = await api.fetch('/page/main.js', { headers: { 'if-none-match': etag } });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    const other = await api.fetch('/page/style.css', { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
  });

  it.each([
    '/page/nothing.js',
    '/page/main.d.ts',
    '/page/main.test.js',
    '/page/..%2Fsecret.js',
    '/page/%2e%2e/secret.js',
    '/page/__proto__',
    '/page/',
  ])('knows no %s', async (path) => {
    expect((await api.json(path)).status).toBe(404);
  });

  it('stands behind the door, which asks a browser for the token', async () => {
    const closed = await testApi({ token: 'a-long-token', pageDirs: [join(root, 'page')], map: MAP });
    for (const path of ['/', '/page/style.css', '/map.geojson', '/api/v1/stream/overview']) {
      const { status, headers } = await closed.json(path);
      expect([path, status]).toEqual([path, 401]);
      expect(headers.get('www-authenticate')).toContain('Basic');
    }
    const authorization = `Basic ${Buffer.from('me:a-long-token').toString('base64')}`;
    expect((await closed.fetch('/', { headers: { authorization } })).status).toBe(200);
    await closed.close();
  });

  it('is asked for by a challenge of a line of its own, as browsers read them', async () => {
    const closed = await testApi({ token: 'a-long-token' });
    const response = await new Promise<IncomingMessage>((resolve) => get(`${closed.url}/`, resolve));
    response.resume();
    const lines = response.rawHeaders.filter((_, i, all) => all[i - 1]?.toLowerCase() === 'www-authenticate');
    expect(lines).toEqual(['Bearer realm="seawall"', 'Basic realm="seawall", charset="UTF-8"']);
    await closed.close();
  });

  it('is absent where the server is given none, and says how to have a map', async () => {
    const bare = await testApi();
    expect((await bare.json('/')).status).toBe(404);
    const { status, body } = await bare.json('/map.geojson');
    expect([status, body.detail]).toEqual([404, expect.stringContaining('--map')]);
    await bare.close();
  });
});
