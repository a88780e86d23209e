import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpDoor } from './http-door.ts';
import { importRecording } from './import.ts';

const ROWS = 100;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-import-'));
  const rows = Array.from(
    { length: ROWS },
    (_, i) => `${1_500_000_000 + i * 60},s1,${i},${i % 10 === 0 ? 'NA' : i / 2}`,
  );
  writeFileSync(join(folder, 'data.csv'), ['at,station,pm25,no2', ...rows, ''].join('\n'));
  writeFileSync(
    join(folder, 'mapping.yaml'),
    `title: t
files: data.csv
time: { column: at, format: epochSeconds }
domain: environment
device: { column: station }
metrics: { pm25: { column: pm25, unit: ug/m3 }, no2: { column: no2, unit: ug/m3 } }
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Element {
  domain: string;
  device: string;
  ts: number;
  values: Record<string, number>;
}

interface Asked {
  url: string;
  headers: IncomingHttpHeaders;
  elements: Element[];
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A hub that answers as the test says; a test that leaves a request open leaves it so. */
async function hub(
  answer: (asked: Asked, response: ServerResponse, count: number) => void,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const one = { url: request.url!, headers: request.headers, elements: JSON.parse(body) as Element[] };
      answer(one, response, asked.push(one));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function reply(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function readingsOf({ elements }: Asked): number {
  return elements.reduce((sum, { values }) => sum + Object.keys(values).length, 0);
}

function accept(asked: Asked, response: ServerResponse): void {
  reply(response, 200, { accepted: readingsOf(asked), rejected: 0, errors: [] });
}

const options = () => ({ mapping: join(folder, 'mapping.yaml'), data: folder, batchReadings: 40 });

describe('importRecording', () => {
  it('sends all readings in order in batches, and sums up', async () => {
    const { url, asked } = await hub(accept);
    const progress: number[] = [];
    const summary = await importRecording({
      ...options(),
      url,
      token: 'secret',
      onProgress: ({ accepted }) => progress.push(accepted),
    });
    expect(summary).toMatchObject({
      files: 1,
      rows: ROWS,
      readings: 190,
      missing: 10,
      accepted: 190,
      batches: 5,
      rejected: [],
      described: 0,
    });
    expect(summary.warnings).toEqual([
      'The units, places and labels of the mapping were not sent, since no MQTT address was given.',
    ]);
    const elements = asked.flatMap((one) => one.elements);
    expect(elements.map(({ ts }) => ts)).toEqual(
      Array.from({ length: ROWS }, (_, i) => (1_500_000_000 + i * 60) * 1000),
    );
    expect(elements[0]).toEqual({ domain: 'environment', device: 's1', ts: 1_500_000_000_000, values: { pm25: 0 } });
    expect(asked[0]).toMatchObject({
      url: '/api/v1/telemetry?origin=import',
      headers: { authorization: 'Bearer secret' },
    });
    expect(progress.at(-1)).toBe(190);
  });

  it('asks the hub to take what it may know already, since that may have expired there', async () => {
    const { url, asked } = await hub(accept);
    await importRecording({ ...options(), url });
    for (const { headers } of asked) expect(headers).not.toHaveProperty('idempotency-key');
  });

  it('sends a batch again when the hub is busy or the connection breaks', async () => {
    const { url, asked } = await hub((one, response, count) => {
      if (count === 2) return reply(response, 503, {}, { 'retry-after': '0' });
      if (count === 3) return reply(response, 429, {}, { 'retry-after': '0' });
      if (count === 4) return void response.destroy();
      accept(one, response);
    });
    const summary = await importRecording({ ...options(), url });
    expect(summary).toMatchObject({ accepted: 190, batches: 5, rejected: [] });
    expect(asked).toHaveLength(8);
    const [, second, ...again] = asked.slice(0, 5);
    for (const { elements } of again) expect(elements).toEqual(second!.elements);
  });

  it('says what the hub rejected and in which line it stands', async () => {
    const { url } = await hub((one, response, count) => {
      if (count === 1) {
        const errors = [{ reason: 'bad-time', detail: 'No such time.', pointer: '/2/ts' }];
        return reply(response, 200, { accepted: readingsOf(one) - 3, rejected: 3, errors });
      }
      if (count === 2) return reply(response, 422, { type: 'about:blank', title: 'Nothing usable' });
      accept(one, response);
    });
    const { accepted, rejected } = await importRecording({ ...options(), url });
    // The second answer counts nothing, so all of its batch is rejected.
    expect(accepted).toBe(190 - 3 - 40);
    expect(rejected).toEqual([
      { reason: 'bad-time', count: 3, examples: [{ file: 'data.csv', line: 4, detail: 'No such time.' }] },
      { reason: 'nothing-usable', count: 40, examples: [] },
    ]);
  });

  it.each([
    [401, {}, 'HubRefusedError', /refused the token/],
    [413, {}, 'HubRefusedError', /smaller number of readings in a batch/],
    [
      400,
      { detail: 'origin is not one of live, replay, import' },
      'HubRefusedError',
      /answered 400: origin is not one of/,
    ],
    [200, { hello: 1 }, 'HubRefusedError', /something that is no hub's answer/],
  ])('explains an answer of %d', async (status, body, name, sentence) => {
    const { url } = await hub((_one, response) => reply(response, status, body));
    await expect(importRecording({ ...options(), url })).rejects.toMatchObject({
      name,
      message: expect.stringMatching(sentence),
    });
  });

  it('says that nobody answers, and what is no address', async () => {
    const { url } = await hub(accept);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    await expect(importRecording({ ...options(), url })).rejects.toMatchObject({
      name: 'HubUnreachableError',
      message: expect.stringContaining(`No hub answers at ${url}: connect ECONNREFUSED`),
    });
    await expect(importRecording({ ...options(), url: 'mqtt://x' })).rejects.toThrow(
      /"mqtt:\/\/x" is not the address of a hub/,
    );
    await expect(importRecording({ ...options(), url, batchReadings: 0 })).rejects.toThrow(/batchReadings is 0/);
  });

  it('stops when told to, also while the hub does not answer', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { url, asked } = await hub((one, response, count) => {
      if (count === 1) accept(one, response);
      else stop.abort(reason);
    });
    await expect(importRecording({ ...options(), url, signal: stop.signal })).rejects.toBe(reason);
    expect(asked).toHaveLength(2);
  });
});

describe('HttpDoor', () => {
  it('waits as long as the hub asks, longer and longer where it does not say, and gives up after its patience', async () => {
    const waited: number[] = [];
    const { url } = await hub((_one, response, count) => {
      reply(response, 503, { detail: 'busy' }, count <= 2 ? { 'retry-after': '7' } : {});
    });
    const door = new HttpDoor({ url, origin: 'import', patienceMs: 20_000, sleep: async (ms) => void waited.push(ms) });
    await expect(door.post('[]')).rejects.toThrow(/answered 503: busy/);
    expect(waited).toEqual([7000, 7000, 1000, 2000]);
  });

  it('understands a date in Retry-After', async () => {
    const waited: number[] = [];
    const { url } = await hub((one, response, count) => {
      const headers = { 'retry-after': new Date(Date.now() - 60_000).toUTCString() };
      if (count === 1) reply(response, 503, {}, headers);
      else accept(one, response);
    });
    await new HttpDoor({ url, origin: 'import', patienceMs: 1000, sleep: async (ms) => void waited.push(ms) }).post(
      '[]',
    );
    expect(waited).toEqual([0]);
  });
});
