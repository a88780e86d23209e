import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestApi } from '../test-api.ts';
import { testApi } from '../test-api.ts';

interface Operation {
  summary?: string;
  parameters?: { name: string; in: string; schema?: unknown; description?: string; example?: unknown }[];
  requestBody?: { content: Record<string, { schema: { example?: unknown } }> };
  responses: Record<string, { description: string; content?: Record<string, { example?: unknown }> }>;
  security?: unknown;
}

let api: TestApi;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  api = await testApi();
  paths = (await api.json('/api/openapi.json')).body['paths'] as typeof paths;
});
afterAll(() => api.close());

const ROUTES = [
  'GET /healthz', 'GET /readyz', 'GET /metrics', 'POST /api/v1/telemetry', 'POST /api/v2/write', 'GET /api/v1/devices', 'GET /api/v1/devices/{id}',
  'GET /api/v1/series', 'GET /api/v1/latest', 'GET /api/v1/rejections', 'POST /api/v1/query', 'GET /api/v1/rules',
  'POST /api/v1/rules', 'GET /api/v1/rules/{id}', 'PUT /api/v1/rules/{id}', 'DELETE /api/v1/rules/{id}', 'GET /api/v1/alerts',
  'GET /api/v1/alerts/{id}', 'POST /api/v1/alerts/{id}/ack', 'GET /api/v1/stream/alerts', 'GET /api/v1/stream/live',
  'GET /api/v1/stream/rejections', 'GET /api/v1/stream/devices', 'GET /api/v1/stream/overview',
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
      for (const parameter of operation.parameters ?? [])
        expect([route, parameter.schema]).toEqual([route, expect.anything()]);
    }
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
    expect(JSON.stringify(body)).not.toContain('"$ref"');
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
