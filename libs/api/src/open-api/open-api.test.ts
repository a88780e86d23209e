import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestApi } from '../test-api.ts';
import { testApi } from '../test-api.ts';
import { resolve, schemaReader } from './schema-reader.ts';
import type { Schema } from './schemas.ts';

interface Operation {
  summary?: string;
  parameters?: { name: string; in: string; schema: Schema; description?: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema; example?: unknown }> }>;
  security?: unknown;
}

let faultOf: ReturnType<typeof schemaReader>;
let schemas: Record<string, Schema>;
let api: TestApi;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  api = await testApi();
  const { body } = await api.json('/api/openapi.json');
  paths = body['paths'] as typeof paths;
  schemas = (body['components'] as { schemas: typeof schemas }).schemas;
  faultOf = schemaReader(schemas);
});
afterAll(() => api.close());

const ROUTES = [
  'GET /healthz', 'GET /readyz', 'GET /metrics', 'POST /api/v1/telemetry', 'POST /api/v2/write', 'GET /api/v1/devices', 'GET /api/v1/devices/{id}',
  'GET /api/v1/series', 'GET /api/v1/latest', 'GET /api/v1/rejections', 'POST /api/v1/query', 'GET /api/v1/rules',
  'POST /api/v1/rules', 'GET /api/v1/rules/{id}', 'PUT /api/v1/rules/{id}', 'DELETE /api/v1/rules/{id}', 'GET /api/v1/alerts',
  'GET /api/v1/alerts/{id}', 'POST /api/v1/alerts/{id}/ack', 'GET /api/v1/stream/alerts', 'GET /api/v1/stream/live',
  'GET /api/v1/stream/rejections', 'GET /api/v1/stream/devices', 'GET /api/v1/stream/overview',
  'POST /api/v1/backups', 'GET /api/v1/backups', 'GET /api/v1/backups/{name}',
]; // prettier-ignore

function operations(): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

describe('the OpenAPI document', () => {
  it('holds every route of the contract that is built, and no other', () => {
    expect(operations().map(([route]) => route).sort()).toEqual([...ROUTES].sort()); // prettier-ignore
  });

  it('has a summary and an example of every body, in and out, and of every parameter', () => {
    for (const [route, operation] of operations()) {
      expect([route, operation.summary]).toEqual([route, expect.any(String)]);
      for (const media of Object.values(operation.requestBody?.content ?? {})) {
        expect([route, media.schema.example]).toEqual([route, expect.anything()]);
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        if (status === '204') continue;
        const examples = Object.values(response.content ?? {}).map((media) => media.example);
        expect([route, status, examples.length > 0 && !examples.includes(undefined)]).toEqual([route, status, true]);
      }
      for (const { name, schema } of operation.parameters ?? [])
        expect([route, name, faultOf(schema['example'], schema)]).toEqual([route, name, undefined]);
    }
  });

  it('has a schema for every body, in and out, and its example fits it', () => {
    for (const [route, operation] of operations()) {
      for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
        expect([route, faultOf(schema['example'], schema)]).toEqual([route, undefined]);
      for (const [status, response] of Object.entries(operation.responses)) {
        for (const [type, { schema, example }] of Object.entries(response.content ?? {})) {
          expect([route, status, type, schema]).toEqual([route, status, type, expect.anything()]);
          expect([route, status, type, faultOf(example, schema)]).toEqual([route, status, type, undefined]);
        }
      }
    }
  });

  it('says of a query what each media type looks like, and of a page how large it may be', () => {
    const { content } = paths['/api/v1/query']!['post']!.responses['200']!;
    expect(Object.keys(content!)).toEqual(['application/json', 'text/csv', 'application/x-ndjson']);
    expect(content!['text/csv']!.example).toMatch(/^time,domain,metric,/);
    const limit = paths['/api/v1/devices']!['get']!.parameters!.find(({ name }) => name === 'limit')!;
    expect(limit.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 1000 });
  });

  it('declares the parameters of a path, the bodies of writes, and the token where one is asked', () => {
    for (const [route, operation] of operations()) {
      const declared = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      expect([route, declared]).toEqual([route, [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1])]);
      expect([route, operation.requestBody !== undefined]).toEqual([route, /^(POST|PUT)/.test(route)]);
      expect([route, operation.security !== undefined]).toEqual([route, !/healthz|readyz/.test(route)]);
    }
  });

  it('has unique operation ids and no reference that leads nowhere', async () => {
    const { body } = await api.json('/api/openapi.json');
    const ids = operations().map(([, operation]) => (operation as { operationId?: string }).operationId);
    expect(new Set(ids).size).toBe(ROUTES.length);
    expect(body.openapi).toBe('3.1.0');
    expect(body['components']).toMatchObject({ securitySchemes: { token: { type: 'http', scheme: 'bearer' } } });
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references)
      expect([reference, resolve(schemas, reference)]).toEqual([reference, expect.anything()]);
  });
});

describe('/api/docs', () => {
  it('serves its page and every asset of it from here, without a network', async () => {
    const page = await (await api.fetch('/api/docs')).text();
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\.\//);
      const response = await api.fetch(new URL(asset, 'http://x/api/docs').pathname);
      expect([asset, response.status]).toEqual([asset, 200]);
      await response.arrayBuffer();
    }
    const init = await (await api.fetch('/api/docs/swagger-ui-init.js')).text();
    expect(init).toContain('Publish readings');
  });
});
