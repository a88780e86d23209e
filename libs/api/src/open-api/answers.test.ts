import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { TestApi } from '../test-api.ts';
import { alertOf, NOW, post, readings, RULE, testApi, transition } from '../test-api.ts';
import { schemaReader, type FaultOf } from './schema-reader.ts';
import { reference, SCHEMAS, type Schema } from './schemas.ts';

type Content = Record<string, { readonly schema: Schema }>;
type Operation = { readonly responses: Record<string, { readonly content?: Content }> };

const faultOf: FaultOf = schemaReader(SCHEMAS);
const QUERY = { metrics: ['pm25'], from: NOW - 3_600_000 };
const LONG = { x: 'y'.repeat(3_000) };
const REJECTION = {
  reason: 'bad-time',
  detail: 'No.',
  topic: 't',
  pointer: '/ts',
  sample: '1',
  receivedAt: NOW,
} as const;

let api: TestApi;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  api = await testApi({
    limits: { bodyBytes: 2_000, telemetryBytes: 2_000 },
    receipt: async () => ({ accepted: 0, rejected: 1, outOfRange: 0, errors: [REJECTION] }),
  });
  paths = (await api.json('/api/openapi.json')).body['paths'] as typeof paths;
  await api.journal.append([
    readings(['environment', 'aq-7', 'pm25', NOW - 60_000, 12]),
    transition('pending', 'firing'),
    { kind: 'rejections', origin: 'live', payload: [REJECTION] },
  ]);
  await api.catchUp();
  await api.json('/api/v1/rules', post(RULE));
});
afterAll(() => api.close());

/** Holds an answer against what the document says of its route, status, media type and body. */
async function hold(route: string, path: string, init: RequestInit = {}): Promise<number> {
  const method = init.method ?? 'GET';
  const response = await api.fetch(path, init);
  const text = await response.text();
  const described = paths[route]?.[method.toLowerCase()]?.responses[response.status];
  expect([method, path.slice(0, 60), response.status, described]).toEqual([
    ...[method, path.slice(0, 60), response.status],
    expect.anything(),
  ]);
  if (text === '') return response.status;
  const type = response.headers.get('content-type')!.split(';', 1)[0]!;
  const { schema } = described!.content![type]!;
  expect([route, response.status, faultOf(/json/.test(type) ? JSON.parse(text) : text, schema)]).toEqual([
    ...[route, response.status, undefined],
  ]);
  return response.status;
}

const put = (body: unknown, headers: Record<string, string> = {}) => ({ ...post(body, headers), method: 'PUT' });
const brotli = { 'content-encoding': 'br' };

describe('an answer', () => {
  it.each<[string, string, RequestInit, number]>([
    ['/api/v1/query', '/api/v1/query', post(QUERY), 200],
    ['/api/v1/query', '/api/v1/query', post({ ...QUERY, step: '1h', aggregate: ['mean'] }), 200],
    ['/api/v1/query', '/api/v1/query', post({}), 400],
    ['/api/v1/query', '/api/v1/query?x=1', post(QUERY), 400],
    ['/api/v1/query', '/api/v1/query', post(QUERY, { accept: 'text/html' }), 406],
    ['/api/v1/query', '/api/v1/query', post(LONG), 413],
    ['/api/v1/query', '/api/v1/query', post(QUERY, brotli), 415],
    ['/api/v1/telemetry', '/api/v1/telemetry', post({ pm25: 'x' }), 422],
    ['/api/v1/telemetry', '/api/v1/telemetry', post(LONG), 413],
    ['/api/v1/telemetry', '/api/v1/telemetry', post({}, brotli), 415],
    ['/api/v1/rules', '/api/v1/rules', {}, 200],
    ['/api/v1/rules', '/api/v1/rules', post({}), 400],
    ['/api/v1/rules', '/api/v1/rules', post(RULE), 409],
    ['/api/v1/rules', '/api/v1/rules', post(LONG), 413],
    ['/api/v1/rules', '/api/v1/rules', post({}, brotli), 415],
    ['/api/v1/rules/{id}', '/api/v1/rules/pm25-high', {}, 200],
    ['/api/v1/rules/{id}', '/api/v1/rules/%ZZ', {}, 400],
    ['/api/v1/rules/{id}', '/api/v1/rules/%ZZ', { method: 'DELETE' }, 400],
    ['/api/v1/rules/{id}', '/api/v1/rules/%ZZ', put({}), 400],
    ['/api/v1/rules/{id}', '/api/v1/rules/pm25-high', put(LONG), 413],
    ['/api/v1/rules/{id}', '/api/v1/rules/pm25-high', put(RULE, { 'if-none-match': '*' }), 412],
    ['/api/v1/devices', '/api/v1/devices', {}, 200],
    ['/api/v1/devices/{id}', '/api/v1/devices/%ZZ', {}, 400],
    ['/api/v1/devices/{id}', '/api/v1/devices/nobody', {}, 404],
    ['/api/v1/series', '/api/v1/series', {}, 200],
    ['/api/v1/latest', '/api/v1/latest', {}, 200],
    ['/api/v1/rejections', '/api/v1/rejections', {}, 200],
    ['/api/v1/alerts', '/api/v1/alerts', {}, 200],
    ['/api/v1/alerts/{id}', `/api/v1/alerts/${alertOf().id}`, {}, 200],
    ['/api/v1/alerts/{id}', '/api/v1/alerts/%ZZ', {}, 400],
    ['/api/v1/alerts/{id}/ack', '/api/v1/alerts/zz/ack', post({ by: 'x' }), 404],
    ['/api/v1/alerts/{id}/ack', '/api/v1/alerts/zz/ack', post(LONG), 413],
    ['/api/v1/alerts/{id}/ack', '/api/v1/alerts/zz/ack', post({ by: 'x' }, brotli), 415],
    ['/api/v1/backups', '/api/v1/backups', post({}), 202],
    ['/api/v1/backups', '/api/v1/backups', post(LONG), 413],
    ['/api/v1/backups', '/api/v1/backups', post({}, brotli), 415],
    ['/api/v1/backups', '/api/v1/backups', {}, 200],
    ['/api/v1/backups', '/api/v1/backups?x=1', {}, 400],
    ['/api/v1/backups/{name}', '/api/v1/backups/none', {}, 404],
    ['/api/v1/stream/overview', '/api/v1/stream/overview?x=1', {}, 400],
    ['/healthz', '/healthz', {}, 200],
    ['/readyz', '/readyz', {}, 200],
    ['/metrics', '/metrics', {}, 200],
  ])('is as the document describes it: %s, %s %#', async (route, path, init, status) => {
    expect(await hold(route, path, init)).toBe(status);
  });

  it('to what was refused names what the body has beside a problem', () => {
    const { properties } = SCHEMAS.Problem as unknown as { properties: object };
    expect(Object.keys(properties)).toEqual(
      expect.arrayContaining(['issues', 'limit', 'accepted', 'rejected', 'outOfRange', 'errors']),
    );
  });
});

describe('a body of readings', () => {
  const document = readFileSync(new URL('../../../../docs/mqtt.md', import.meta.url), 'utf8');
  const shapes = document.split('\n## Readings\n')[1]!.split('```json\n')[1]!.split('```')[0]!.trim().split('\n');

  it.each([
    ...shapes,
    '{"ts":null,"values":{"pm25":12.1}}',
    '{"ts":"2026-09-21T14:13:20Z","domain":"environment","device":"aq-7","values":{"jammed":true,"door":"open"}}',
    '{"motor":{"temp":61},"gone":null}',
  ])('fits the document in each shape that the hub takes: %s', (shape) => {
    expect(faultOf(JSON.parse(shape), reference('Telemetry'))).toBeUndefined();
  });

  it.each(['[[1]]', '{"values":12}', '{"ts":true,"values":{}}', '{"pm25":[1]}', '3'])('does not with %s', (shape) => {
    expect(faultOf(JSON.parse(shape), reference('Telemetry'))).toEqual(expect.any(String));
  });
});
