import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { QueryChunk } from '@seawall/model';
import type { SeriesStore } from '@seawall/ports';
import { cursorAfter, QueryTimeoutError, StoreUnavailableError } from '@seawall/ports';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import type { TestApi } from '../test-api.ts';
import { batchOf, NOW, post, testApi } from '../test-api.ts';

const PATH = '/api/v1/query';
const RAW = { metrics: ['pm25'], from: NOW - 3_600_000, to: NOW };
const FIRST = NOW - 120_000;

let api: TestApi;
afterEach(() => api.close());

function chunkOf(points: number): QueryChunk {
  const time = new Float64Array(points).map((_, i) => FIRST + i);
  return {
    domain: 'environment',
    metric: 'pm25',
    unit: null,
    labels: { device: 'aq-1' },
    time,
    values: { value: time },
  };
}

type Query = SeriesStore['query'];
function storeThat(query: Query): SeriesStore {
  const store = createMemorySeriesStore();
  store.query = query;
  return store;
}

/** Chunks without end, as fast as they are asked for; counts them, and notes why it was stopped. */
function endless(): { store: SeriesStore; asked: () => number; stopped: Promise<unknown> } {
  let asked = 0;
  let stop: (reason: unknown) => void;
  const stopped = new Promise<unknown>((resolve) => (stop = resolve));
  async function* query(_plan: unknown, signal?: AbortSignal): AsyncGenerator<QueryChunk> {
    try {
      for (; ; asked++) {
        await new Promise(setImmediate);
        signal?.throwIfAborted();
        const chunk = chunkOf(2000);
        yield { ...chunk, labels: { device: `aq-${asked}` }, labelNames: ['device'] };
      }
    } finally {
      stop(signal?.reason);
    }
  }
  return { store: storeThat(query), asked: () => asked, stopped };
}

/** Sends the query by hand and never reads a byte of the answer. */
async function deafClient(port: number, document: unknown) {
  const body = JSON.stringify(document);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write(
    `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** The bytes of an answer as they come. */
async function sent(port: number, document: unknown, accept: string): Promise<string> {
  const body = JSON.stringify(document);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\naccept: ${accept}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  let text = '';
  for await (const piece of socket) text += String(piece);
  return text;
}

async function sampleApi(): Promise<void> {
  api = await testApi();
  const batch = batchOf(
    ['environment', 'aq-1', 'pm25', FIRST, 10],
    ['environment', 'aq-1', 'pm25', FIRST + 60_000, 14],
  );
  await api.store.write([{ kind: 'readings', seq: 1, batch }], cursorAfter({ partition: 0, seq: 1 }));
}

describe('POST /api/v1/query', () => {
  it('answers JSON unless asked for something else', async () => {
    await sampleApi();
    const { status, headers, body } = await api.json(PATH, post({ ...RAW, aggregate: ['mean', 'count'] }));
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(body).toMatchObject({ step: null, timeZone: 'UTC', source: 'raw', next: null });
    expect(body.series).toEqual([expect.objectContaining({ metric: 'pm25', values: { mean: [12], count: [2] } })]);
  });

  it.each([
    ['text/csv', /^time,domain,metric,.*value\r\n2026-.*,10\r\n2026-.*,14\r\n$/],
    ['application/x-ndjson', /^\{.*"value":10\}\}\n\{.*"value":14\}\}\n$/],
    ['text/html, text/csv;q=0.5, application/json;q=0.1', /^time,/],
    ['text/*', /^time,/],
    ['*/*', /^\{"series"/],
  ])('answers %s', async (accept, expected) => {
    await sampleApi();
    const response = await api.fetch(PATH, post(RAW, { accept }));
    expect(await response.text()).toMatch(expected);
  });

  it('answers 406 for what it has not', async () => {
    await sampleApi();
    expect((await api.json(PATH, post(RAW, { accept: 'image/png, application/json;q=0' }))).status).toBe(406);
  });

  it('tells what it was computed from, where the columns have no room in trailers', async () => {
    const chunk = { ...chunkOf(1), source: '1h' as const, percentileError: 0.01 };
    api = await testApi({ store: storeThat(async function* () { yield chunk; }) }); // prettier-ignore
    expect((await api.json(PATH, post(RAW))).body).toMatchObject({ source: '1h', percentileError: 0.01 });
    const raw = await sent(api.port, RAW, 'text/csv');
    expect(raw).toMatch(/\r\n0\r\nseawall-source: 1h\r\nseawall-percentile-error: 0.01\r\n\r\n$/);
  });

  it('says what has expired, also where nothing else is left to say', async () => {
    const expiredBefore = FIRST + 5;
    const empty = { ...chunkOf(0), time: new Float64Array(0), values: {}, expiredBefore };
    api = await testApi({ store: storeThat(async function* () { yield empty; }) }); // prettier-ignore
    expect((await api.json(PATH, post(RAW))).body).toMatchObject({ series: [], expiredBefore, partial: [] });
    expect(await sent(api.port, RAW, 'text/csv')).toMatch(/\r\nseawall-expired-before: 1\d+5\r\n\r\n$/);
    const lines = await api.fetch(PATH, post(RAW, { accept: 'application/x-ndjson' }));
    expect(await lines.text()).toBe(`{"expiredBefore":${expiredBefore}}\n`);
  });

  it('answers the flags of raw readings when asked', async () => {
    await sampleApi();
    const { body } = await api.json(PATH, post({ ...RAW, flags: true }));
    expect(body.series[0]!.values).toEqual({ value: [10, 14], flags: [0, 0] });
    const csv = await api.fetch(PATH, post({ ...RAW, flags: true }, { accept: 'text/csv' }));
    expect(await csv.text()).toMatch(/^time,domain,metric,.*,value,flags\r\n.*,10,0\r\n.*,14,0\r\n$/);
  });

  it('pages by cursor', async () => {
    await sampleApi();
    const { body: first } = await api.json(PATH, post({ ...RAW, limit: 1 }));
    expect(first.series[0]!.values.value).toEqual([10]);
    const { body: second } = await api.json(PATH, post({ ...RAW, limit: 1, cursor: first.next }));
    expect(second.series[0]!.values.value).toEqual([14]);
    expect(second.next).toBeNull();
  });

  it('names every field that is wrong', async () => {
    await sampleApi();
    const { status, body } = await api.json(PATH, post({ metric: ['pm25'], from: '-24q' }));
    expect([status, body.type]).toEqual([400, 'urn:seawall:problem:invalid-query']);
    expect(body.issues.map((issue) => issue.field).sort()).toEqual(['from', 'metric', 'metrics']);
  });

  it('refuses a byte order mark, as a body of readings does', async () => {
    api = await testApi();
    const { status, body } = await api.json(PATH, post(`\ufeff${JSON.stringify(RAW)}`));
    const detail = 'The body is not JSON: It begins with a byte order mark; leave that out.';
    expect([status, body.detail]).toEqual([400, detail]);
  });

  it.each(['{"metrics":', '', '\u0000'])('says where a body that is not JSON goes wrong (%j)', async (text) => {
    await sampleApi();
    const { status, body } = await api.json(PATH, post(text));
    expect([status, body.detail]).toEqual([400, expect.stringContaining('The body is not JSON')]);
  });

  it.each([
    [new QueryTimeoutError('It ran longer than 30 s.'), 504, null],
    [new StoreUnavailableError('The store is closed.'), 503, '5'],
    [new StoreUnavailableError('The store asks for patience.', { retryAfterMs: 16_500 }), 503, '17'],
    [new Error('broken'), 500, null],
  ])('answers a failure before the first byte as a problem (%#)', async (error, status, retryAfter) => {
    api = await testApi({ store: storeThat(async function* () { throw error; }) }); // prettier-ignore
    const answer = await api.json(PATH, post(RAW));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
  });

  it.each(['application/json', 'text/csv', 'application/x-ndjson'])(
    'breaks the connection when it fails after the first byte of %s',
    async (accept) => {
      const failing = async function* (): AsyncGenerator<QueryChunk> {
        for (let i = 0; i < 20; i++) yield { ...chunkOf(2000), labels: { device: `aq-${i}` }, labelNames: ['device'] };
        throw new QueryTimeoutError('It ran longer than 30 s.');
      };
      api = await testApi({ store: storeThat(failing) });
      // A connection may break so soon that not even the head has left.
      const answer = api.fetch(PATH, post(RAW, { accept })).then((response) => response.text());
      await expect(answer).rejects.toThrow();
      expect(api.logged.join()).toContain('QueryTimeoutError');
    },
  );

  it('stops the store when the client goes away, before or after the first byte', async () => {
    const { store, stopped } = endless();
    api = await testApi({ store });
    const leave = new AbortController();
    const response = await api.fetch(PATH, { ...post(RAW, { accept: 'text/csv' }), signal: leave.signal });
    expect(response.status).toBe(200);
    leave.abort();
    expect(await stopped).toMatchObject({ name: 'ClientGoneError' });

    let begun: () => void;
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    let end: (reason: unknown) => void;
    const ended = new Promise<unknown>((resolve) => (end = resolve));
    const waiting: Query = async function* (_plan, signal) {
      begun();
      await once(signal!, 'abort');
      end(signal!.reason);
      throw signal!.reason;
    };
    const silent = await testApi({ store: storeThat(waiting) });
    const socket = await deafClient(silent.port, RAW);
    await beginning;
    socket.destroy();
    expect(await ended).toMatchObject({ name: 'ClientGoneError' });
    await silent.close();
    expect(silent.logged).toEqual([]);
  });

  it('reads no further than a slow client takes, and cuts it off when it takes nothing', async () => {
    const { store, asked, stopped } = endless();
    api = await testApi({ store, limits: { stallMs: 300 } });
    const socket = await deafClient(api.port, RAW);
    expect(await stopped).toBeUndefined();
    // What lies in the sockets' buffers is a few MB; an unbounded reader would ask for thousands.
    expect(asked()).toBeLessThan(200);
    expect(api.logged.join()).toContain('StalledReaderError');
    socket.destroy();
  });

  it('runs a bounded number of queries, and gives the place back', async () => {
    const { store, stopped } = endless();
    api = await testApi({ store, limits: { queries: 1 } });
    const leave = new AbortController();
    await api.fetch(PATH, { ...post(RAW, { accept: 'text/csv' }), signal: leave.signal });
    expect((await api.json(PATH, post(RAW))).status).toBe(503);
    leave.abort();
    await stopped;
    store.query = createMemorySeriesStore().query.bind(createMemorySeriesStore());
    expect((await api.json(PATH, post(RAW))).status).toBe(200);
  });

  it('breaks off a running answer when the hub stops', async () => {
    const { store } = endless();
    api = await testApi({ store });
    const response = await api.fetch(PATH, post(RAW, { accept: 'text/csv' }));
    const cut = expect(response.text()).rejects.toThrow();
    await api.close();
    await cut;
  });
});
