import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Rejection } from '@seawall/model';
import { CursorOutOfLogError, StoreUnavailableError } from '@seawall/ports';
import { createMemoryJournal, createMemorySeriesStore } from '@seawall/ports/memory';
import type { OverviewData } from '../stream/overview-state.ts';
import type { TestApi } from '../test-api.ts';
import { batchOf, NOW, readings, testApi, transition } from '../test-api.ts';

interface Event {
  readonly event?: string;
  readonly id?: string;
  readonly data?: string;
  readonly comment?: string;
}

/** Reads a stream block by block; `close` leaves as a browser does. */
async function open(api: TestApi, path: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const response = await api.fetch(`/api/v1/stream/${path}`, { headers, signal: leave.signal });
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  let text = '';
  const next = async (): Promise<Event | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return parse(block);
      }
      const part = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (part.done) return undefined;
      text += decoder.decode(part.value, { stream: true });
    }
  };
  expect(await next()).toEqual({ retry: '3000' });
  return { response, next, close: () => leave.abort() };
}

function parse(block: string): Event {
  const fields = block
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(':')) || 'comment', line.slice(line.indexOf(':') + 2)]);
  return Object.fromEntries(fields) as Event;
}

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});
afterEach(() => api.close());

describe('GET /api/v1/stream/alerts', () => {
  it('sends what fires and resolves from now on, with the cursor as id', async () => {
    await api.journal.append([transition('pending', 'firing', { id: 'old' })]);
    const stream = await open(api, 'alerts');
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await api.journal.append([
      transition('inactive', 'pending', { id: 'a1' }),
      transition('pending', 'firing', { id: 'a1' }),
      { ...transition('pending', 'firing', { id: 'imported' }), origin: 'import' },
      transition('pending', 'inactive', { id: 'a2' }),
      transition('firing', 'resolved', { id: 'a1' }),
    ]);
    const [fired, resolved] = [await stream.next(), await stream.next()];
    expect([fired!.event, fired!.id, JSON.parse(fired!.data!)]).toEqual([
      'alert',
      '3',
      expect.objectContaining({ id: 'a1', state: 'firing' }),
    ]);
    expect([resolved!.id, JSON.parse(resolved!.data!)]).toEqual(['6', expect.objectContaining({ state: 'resolved' })]);
    stream.close();
  });

  it('resumes after Last-Event-ID', async () => {
    await api.journal.append(['a', 'b', 'c'].map((id) => transition('pending', 'firing', { id })));
    const stream = await open(api, 'alerts', { 'last-event-id': '1' });
    expect([(await stream.next())!.id, (await stream.next())!.id]).toEqual(['2', '3']);
    stream.close();
  });

  it('sends what came by replay or import when asked', async () => {
    await api.journal.append([
      { ...transition('pending', 'firing'), origin: 'replay' },
      transition('pending', 'firing', { id: 'b' }),
    ]);
    const stream = await open(api, 'alerts?origin=replay', { 'last-event-id': '0' });
    expect((await stream.next())!.id).toBe('1');
    stream.close();
  });

  it('says so when the events after Last-Event-ID are trimmed, and goes on with the first that is kept', async () => {
    await api.journal.append(['a', 'b', 'c'].map((id) => transition('pending', 'firing', { id })));
    await api.journal.trim({ maxAgeMs: 0, maxBytes: 0 });
    const stream = await open(api, 'alerts', { 'last-event-id': '1' });
    const gap = (await stream.next())!;
    expect([gap.event, gap.id]).toEqual(['gap', '2']);
    expect(JSON.parse(gap.data!)).toMatchObject({ asked: '1', resumedAt: '2' });
    expect((await stream.next())!.id).toBe('3');
    stream.close();
  });

  it('says so when Last-Event-ID is beyond the end of the log, as after a reset', async () => {
    await api.journal.append([transition('pending', 'firing')]);
    const stream = await open(api, 'alerts', { 'last-event-id': '999' });
    expect([(await stream.next())!.event, (await stream.next())!.id]).toEqual(['gap', '1']);
    stream.close();
  });

  it.each([
    ['alerts', { 'last-event-id': 'x7' }, 400],
    ['alerts?domain=traffic', {}, 400],
    ['live?origin=dead', {}, 400],
    ['live?device=', {}, 400],
    ['live?metric=!', {}, 400],
    ['rejections?reason=unlucky', {}, 400],
    ['rejections?metric=pm25', {}, 400],
    ['devices?domain=traffic', {}, 400],
    ['nothing', {}, 404],
  ])('answers %s with %j by a problem', async (path, headers, status) => {
    const answer = await api.json(`/api/v1/stream/${path}`, { headers: headers as Record<string, string> });
    expect([answer.status, answer.body.status]).toEqual([status, status]);
  });

  it('answers HEAD with the headers alone', async () => {
    const response = await api.fetch('/api/v1/stream/alerts', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });

  it('sends a comment with the place reached when there is nothing to say', async () => {
    const quiet = await testApi({ limits: { pingMs: 20 } });
    const stream = await open(quiet, 'alerts');
    await quiet.journal.append([{ kind: 'tick', origin: 'live', payload: null }]);
    let ping = await stream.next();
    while (ping?.id === '0') ping = await stream.next();
    expect(ping).toEqual({ comment: 'ping', id: '1' });
    stream.close();
    await quiet.close();
  });

  it('opens a bounded number, and gives the place back when a client leaves', async () => {
    const few = await testApi({ limits: { streams: 1 } });
    const first = await open(few, 'alerts');
    const refused = await few.json('/api/v1/stream/live');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    first.close();
    let status = 503;
    while (status === 503) {
      const response = await few.fetch('/api/v1/stream/live', { method: 'HEAD' });
      status = response.status;
    }
    expect(status).toBe(200);
    await few.close();
  });

  it('ends when the hub stops', async () => {
    const stopping = await testApi();
    const stream = await open(stopping, 'alerts');
    const [end] = await Promise.all([stream.next(), stopping.close()]);
    expect(end).toBeUndefined();
  });
});

describe('GET /api/v1/stream/live', () => {
  it('sends readings in columns, filtered', async () => {
    const stream = await open(api, 'live?domain=environment&metric=pm25&metric=no2');
    await api.journal.append([
      readings(['traffic', 'loop-1', 'speed', NOW, 50]),
      readings(
        ['environment', 'aq-1', 'o3', NOW, 1],
        ['environment', 'aq-1', 'pm25', NOW, 10],
        ['traffic', 'loop-1', 'pm25', NOW, 2],
        ['environment', 'aq-2', 'no2', NOW, 30],
        ['environment', 'aq-1', 'pm25', NOW + 1, 11],
      ),
    ]);
    const { event, id, data } = (await stream.next())!;
    expect([event, id]).toEqual(['readings', '2']);
    const labels = { district: 'unknown', type: 'unknown' };
    expect(JSON.parse(data!)).toEqual({
      stamp: NOW,
      series: [
        { domain: 'environment', device: 'aq-1', metric: 'pm25', labels },
        { domain: 'environment', device: 'aq-2', metric: 'no2', labels },
      ],
      seriesIndex: [0, 1, 0],
      time: [NOW, NOW, NOW + 1],
      value: [10, 30, 11],
    });
    stream.close();
  });

  it('parts a large entry into events of which only the last has the id', async () => {
    const stream = await open(api, 'live');
    const rows = Array.from({ length: 12_000 }, (_, i) => ['e', 'd', 'm', NOW + i, i] as const);
    await api.journal.append([readings(...rows)]);
    const events = [await stream.next(), await stream.next(), await stream.next()];
    expect(events.map((event) => event!.id)).toEqual([undefined, undefined, '1']);
    expect(events.flatMap((event) => (JSON.parse(event!.data!) as { value: number[] }).value)).toEqual(
      rows.map((row) => row[4]),
    );
    stream.close();
  });

  it('reads no further than a slow client takes, holds back nobody else, and cuts it off in the end', async () => {
    const journal = createMemoryJournal();
    const busy = await testApi({ journal, limits: { stallMs: 500 } });
    const rows = Array.from({ length: 5_000 }, (_, i) => ['e', 'd', 'm', NOW + i, i / 7] as const);
    const entry = readings(...rows);
    let pulled = 0;
    const read = journal.read.bind(journal);
    journal.read = async function* (after, options) {
      for await (const chunk of read(after, { ...options, maxEntries: 1 })) {
        if (after === '0') pulled++;
        yield chunk;
      }
    };
    const deaf = connect(busy.port, '127.0.0.1');
    await once(deaf, 'connect');
    deaf.pause();
    deaf.write('GET /api/v1/stream/live HTTP/1.1\r\nhost: localhost\r\nlast-event-id: 0\r\n\r\n');
    await journal.append(Array.from({ length: 300 }, () => entry));

    const brisk = await open(busy, 'live', { 'last-event-id': '290' });
    for (let i = 291; i <= 300; i++) expect((await brisk.next())!.id).toBe(String(i));
    while (!busy.logged.join().includes('StalledReaderError')) await sleep(5);
    expect(pulled).toBeLessThan(150);
    brisk.close();
    deaf.destroy();
    await busy.close();
  });
});

describe('GET /api/v1/stream/overview', () => {
  const labels = { district: 'harbour', type: 'x' };

  async function next(stream: Awaited<ReturnType<typeof open>>, wanted: (data: OverviewData) => boolean) {
    for (;;) {
      const { event, data } = (await stream.next())!;
      const parsed = JSON.parse(data!) as OverviewData;
      if (event === 'overview' && wanted(parsed)) return parsed;
    }
  }

  it('begins with what store and registry know, and goes on with what changes', async () => {
    const quick = await testApi({ limits: { overviewMs: 5 }, timeZone: 'Asia/Shanghai' });
    const { journal, store } = quick;
    await journal.append([transition('pending', 'firing', { id: 'a1' })]);
    await quick.catchUp();
    const batch = batchOf(['environment', 'aq-1', 'pm25', NOW, 10]);
    await store.write(
      [
        { kind: 'labels', device: 'aq-1', spans: [{ from: -Infinity, labels }] },
        { kind: 'readings', seq: 1, batch },
      ],
      journal.end(),
    );
    const stream = await open(quick, 'overview');
    expect(await stream.next()).toEqual({ event: 'hello', data: '{"timeZone":"Asia/Shanghai","version":"0.1.0"}' });
    const first = await next(stream, () => true);
    expect(first).toMatchObject({
      reset: true,
      complete: true,
      domains: [{ domain: 'environment', devices: 1, latest: NOW }],
      metrics: [{ metric: 'pm25', districts: { district: ['harbour'], mean: [10] } }],
      alerts: { active: { major: 1 }, changed: [{ id: 'a1' }] },
    });
    await journal.append([
      readings(['environment', 'aq-1', 'pm25', NOW + 1, 30], ['environment', 'aq-1', 'no2', NOW, 2]),
      transition('firing', 'resolved', { id: 'a1', revision: 2 }),
    ]);
    const second = await next(stream, ({ metrics }) => metrics.length > 0);
    expect(second).toMatchObject({
      reset: false,
      metrics: [
        { metric: 'pm25', districts: { district: ['unknown'], mean: [30] } },
        { metric: 'no2', districts: { mean: [2] } },
      ],
      alerts: { active: { major: 0 }, changed: [{ id: 'a1', state: 'resolved' }] },
    });
    stream.close();
    await quick.close();
  });

  it('reads the journal once for all, and counts what the store has not come to', async () => {
    const quick = await testApi({ limits: { overviewMs: 5 } });
    let reads = 0;
    const read = quick.journal.read.bind(quick.journal);
    quick.journal.read = (after, options) => {
      reads++;
      return read(after, options);
    };
    await quick.journal.append([readings(['e', 'd', 'm', NOW, 1])]);
    const streams = [await open(quick, 'overview'), await open(quick, 'overview')];
    for (const stream of streams) expect((await next(stream, () => true)).metrics).toHaveLength(1);
    expect(reads).toBe(1);
    streams.forEach((stream) => stream.close());
    await quick.close();
  });

  it('starts again from what is kept when the journal was trimmed under it', async () => {
    const journal = createMemoryJournal();
    const quick = await testApi({ journal, limits: { overviewMs: 5 } });
    const read = journal.read.bind(journal);
    let failed = false;
    journal.read = async function* (after, options) {
      if (!failed && after !== '0') {
        failed = true;
        throw new CursorOutOfLogError('trimmed');
      }
      yield* read(after, options);
    };
    await journal.append([readings(['e', 'd', 'm', NOW, 1])]);
    await quick.store.write([], journal.end());
    await quick.catchUp();
    const stream = await open(quick, 'overview');
    await journal.append([readings(['e', 'd', 'm', NOW + 1, 2])]);
    expect((await next(stream, ({ metrics }) => metrics.length > 0)).metrics[0]!.districts.mean).toEqual([2]);
    stream.close();
    await quick.close();
  });

  it('shows alerts and live readings while the store does not answer, and all of it once it does', async () => {
    const store = createMemorySeriesStore();
    const [cursor, series] = [store.cursor.bind(store), store.series.bind(store)];
    const down = async () => Promise.reject(new StoreUnavailableError('It is down.'));
    Object.assign(store, { cursor: () => new Promise(() => undefined), series: down });
    const quick = await testApi({ store, limits: { overviewMs: 5, storeMs: 20 } });
    const { journal } = quick;
    await journal.append([readings(['e', 'old', 'm', NOW - 1, 4]), transition('pending', 'firing', { id: 'a1' })]);
    await store.write([{ kind: 'readings', seq: 1, batch: batchOf(['e', 'old', 'm', NOW - 1, 4]) }], journal.end());
    await quick.catchUp();
    const stream = await open(quick, 'overview');
    expect(await next(stream, () => true)).toMatchObject({
      complete: false,
      domains: [],
      alerts: { changed: [{ id: 'a1' }] },
    });
    await journal.append([readings(['e', 'd', 'm', NOW, 1])]);
    const live = await next(stream, ({ metrics }) => metrics.length > 0);
    expect(live).toMatchObject({ complete: false, domains: [{ domain: 'e', devices: 1 }] });
    Object.assign(store, { cursor, series });
    expect(await next(stream, ({ complete }) => complete)).toMatchObject({
      reset: true,
      domains: [{ domain: 'e', devices: 2 }],
      alerts: { changed: [{ id: 'a1' }] },
    });
    stream.close();
    await quick.close();
  });

  it('takes no parameter, and ends when the hub stops', async () => {
    expect((await api.json('/api/v1/stream/overview?metric=pm25')).status).toBe(400);
    const stopping = await testApi({ limits: { overviewMs: 5 } });
    const stream = await open(stopping, 'overview');
    const ended = (async () => {
      while ((await stream.next()) !== undefined);
      return true;
    })();
    expect((await Promise.all([ended, stopping.close()]))[0]).toBe(true);
    expect(stopping.logged.join()).not.toContain('overview');
  });
});

describe('globs and exclusions', () => {
  it.each([
    ['device=aq-*&device=!aq-2', ['aq-1 pm25', 'aq-1 no2']],
    ['device=!aq-*', ['loop-1 speed']],
    ['metric=*2*', ['aq-1 pm25', 'aq-1 no2', 'aq-2 no2']],
    ['domain=env*&metric=!pm*', ['aq-1 no2', 'aq-2 no2']],
    ['device=*', ['loop-1 speed', 'aq-1 pm25', 'aq-1 no2', 'aq-2 no2']],
  ])('live?%s lets through what a query would', async (parameters, expected) => {
    await api.journal.append([
      readings(
        ['traffic', 'loop-1', 'speed', NOW, 50],
        ['environment', 'aq-1', 'pm25', NOW, 10],
        ['environment', 'aq-1', 'no2', NOW, 2],
        ['environment', 'aq-2', 'no2', NOW, 30],
      ),
    ]);
    const stream = await open(api, `live?${parameters}`, { 'last-event-id': '0' });
    const { series } = JSON.parse((await stream.next())!.data!) as { series: { device: string; metric: string }[] };
    expect(series.map(({ device, metric }) => `${device} ${metric}`)).toEqual(expected);
    stream.close();
  });
});

describe('GET /api/v1/stream/rejections', () => {
  const rejection = (changes: Partial<Rejection>): Rejection => ({
    reason: 'undeclared-text',
    detail: '"high" is not a number.',
    topic: 'city/environment/aq-1/telemetry',
    device: 'aq-1',
    domain: 'environment',
    pointer: '/values/pm25',
    receivedAt: NOW,
    sample: '"high"',
    ...changes,
  });

  it('sends each one as the list shows it; only the last of an entry has the place to resume from', async () => {
    const stream = await open(api, 'rejections');
    const payload = [rejection({}), rejection({ reason: 'bad-time', pointer: '/ts' })];
    await api.journal.append([{ kind: 'rejections', origin: 'live', payload }]);
    const events = [(await stream.next())!, (await stream.next())!];
    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ['rejection', undefined],
      ['rejection', '1'],
    ]);
    await api.catchUp();
    const listed = (await api.json('/api/v1/rejections')).body.items;
    expect(events.map(({ data }) => JSON.parse(data!) as unknown).reverse()).toEqual(listed);
    stream.close();
  });

  it('filters by domain, device and reason, and a rejection without device is none of the devices asked for', async () => {
    const payload = [
      rejection({ device: 'loop-1', domain: 'traffic' }),
      rejection({ reason: 'bad-time' }),
      rejection({ device: undefined, domain: undefined, reason: 'bad-time' }),
      rejection({ device: 'aq-2', reason: 'bad-time' }),
    ];
    await api.journal.append([{ kind: 'rejections', origin: 'live', payload }]);
    const path = 'rejections?domain=env*&device=aq-*&device=!aq-1&reason=bad-time';
    const stream = await open(api, path, { 'last-event-id': '0' });
    const { id, data } = (await stream.next())!;
    expect([id, JSON.parse(data!)]).toEqual(['1', expect.objectContaining({ id: '1-3', device: 'aq-2' })]);
    stream.close();
  });
});

describe('GET /api/v1/stream/devices', () => {
  it('sends what changed of a device, with its labels as they hold now', async () => {
    const labels = { district: 'harbour', type: 'air-quality' };
    await api.journal.append([
      { kind: 'device', origin: 'live', payload: { device: 'loop-1', status: 'offline', receivedAt: NOW } },
      {
        kind: 'device',
        origin: 'live',
        payload: {
          device: 'aq-1',
          domain: 'environment',
          description: { district: 'harbour', type: 'air-quality' },
          labelSpans: [{ from: -Infinity, labels }],
          receivedAt: NOW,
        },
      },
      { kind: 'device', origin: 'live', payload: { device: 'aq-1', status: 'online', receivedAt: NOW } },
    ]);
    const stream = await open(api, 'devices?device=aq-*', { 'last-event-id': '0' });
    const events = [(await stream.next())!, (await stream.next())!];
    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ['device', '2'],
      ['device', '3'],
    ]);
    expect(events.map(({ data }) => JSON.parse(data!) as unknown)).toEqual([
      {
        device: 'aq-1',
        domain: 'environment',
        description: { district: 'harbour', type: 'air-quality' },
        labels,
        labelHistory: [{ from: null, labels }],
        receivedAt: '2026-09-21T14:13:20.000Z',
      },
      { device: 'aq-1', status: 'online', receivedAt: '2026-09-21T14:13:20.000Z' },
    ]);
    stream.close();
  });
});
