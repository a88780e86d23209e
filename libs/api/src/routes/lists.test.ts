import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cursorAfter, StoreUnavailableError } from '@seawall/ports';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import type { TestApi } from '../test-api.ts';
import { batchOf, NOW, post, testApi } from '../test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});
afterEach(() => api.close());

async function describeDevices(...ids: readonly string[]): Promise<void> {
  const labels = { district: 'harbour', type: 'air-quality' };
  await api.journal.append(
    ids.map((device) => ({
      kind: 'device' as const,
      origin: 'live' as const,
      payload: {
        device,
        domain: 'environment',
        description: { name: `Station ${device}` },
        labelSpans: [{ from: -Infinity, labels }],
        status: 'online' as const,
        receivedAt: NOW,
      },
    })),
  );
  await api.catchUp();
}

describe('GET /api/v1/devices', () => {
  it('pages by limit and cursor', async () => {
    await describeDevices('a', 'b', 'c');
    const first = (await api.json('/api/v1/devices?limit=2')).body;
    expect(first.items.map((item) => item.id)).toEqual(['a', 'b']);
    const second = (await api.json(`/api/v1/devices?limit=2&cursor=${encodeURIComponent(first.next!)}`)).body;
    expect(second.items.map((item) => item.id)).toEqual(['c']);
    expect(second.next).toBeNull();
    for (const list of ['devices', 'rules']) {
      const { status, body } = await api.json(`/api/v1/${list}?cursor=zzz`);
      expect([list, status, body.detail]).toEqual([list, 400, expect.stringContaining('"cursor"')]);
    }
  });

  it('filters, and shows times as RFC 3339 and the labels that hold', async () => {
    await describeDevices('a', 'b');
    expect((await api.json('/api/v1/devices?domain=traffic')).body.items).toEqual([]);
    const { body } = await api.json('/api/v1/devices?search=station%20b');
    expect(body.items).toEqual([
      {
        id: 'b',
        domains: ['environment'],
        description: { name: 'Station b' },
        labels: { district: 'harbour', type: 'air-quality' },
        labelHistory: [{ from: null, labels: { district: 'harbour', type: 'air-quality' } }],
        status: 'online',
        statusAt: '2026-09-21T14:13:20.000Z',
        firstSeen: '2026-09-21T14:13:20.000Z',
      },
    ]);
  });

  it('shows of a long history of labels the newest spans, and all of it of one device', async () => {
    const spans = Array.from({ length: 12 }, (_, i) => ({
      from: i === 0 ? -Infinity : NOW + i * 1000,
      labels: { district: `d${i}`, type: 'bus' },
    }));
    const payload = { device: 'bus-7', domain: 'traffic', labelSpans: spans, receivedAt: NOW };
    await api.journal.append([{ kind: 'device', origin: 'live', payload }]);
    await api.catchUp();
    const districts = (device: unknown) =>
      (device as { labelHistory: { labels: { district: string } }[] }).labelHistory.map(
        ({ labels }) => labels.district,
      );
    const all = spans.map(({ labels }) => labels.district);
    const [listed] = (await api.json('/api/v1/devices')).body.items;
    expect(districts(listed)).toEqual(all.slice(-10));
    expect(listed).toMatchObject({ labels: { district: 'd11' } });
    expect(listed).toHaveProperty('labelHistory.0.from', '2026-09-21T14:13:22.000Z');
    expect(districts((await api.json('/api/v1/devices/bus-7')).body)).toEqual(all);
  });

  it('answers one device by its id, percent-encoded or not there', async () => {
    await describeDevices('loop 7:ä');
    expect((await api.json(`/api/v1/devices/${encodeURIComponent('loop 7:ä')}`)).body.id).toBe('loop 7:ä');
    const { status, body } = await api.json('/api/v1/devices/nobody');
    expect([status, body.detail]).toEqual([404, 'No device "nobody" has published yet.']);
  });

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'limit=1&limit=2', 'colour=red'])(
    'refuses ?%s by name',
    async (query) => {
      const { status, body } = await api.json(`/api/v1/devices?${query}`);
      expect(status).toBe(400);
      expect(body.detail).toContain(`"${query.split('=')[0]}"`);
    },
  );
});

describe('GET /api/v1/series and /latest', () => {
  beforeEach(async () => {
    const batch = batchOf(
      ['environment', 'aq-1', 'pm25', NOW - 60_000, 10],
      ['environment', 'aq-1', 'pm25', NOW, 12],
      ['environment', 'aq-2', 'no2', NOW, 30],
      ['traffic', 'loop-1', 'speed', NOW, 55],
    );
    await api.store.write([{ kind: 'readings', seq: 1, batch }], cursorAfter({ partition: 0, seq: 1 }));
  });

  it('lists series with their latest reading, a page at a time', async () => {
    const { body } = await api.json('/api/v1/series?limit=2');
    expect(body.items.map((item) => item.metric)).toEqual(['pm25', 'no2']);
    expect(body.items[0]!.latest).toEqual({ time: NOW, value: 12 });
    const { body: second } = await api.json(`/api/v1/series?cursor=${encodeURIComponent(body.next!)}`);
    expect(second.items.map((item) => item.metric)).toEqual(['speed']);
  });

  it('filters as a query does: keys are AND, values OR, globs and exclusions', async () => {
    const found = async (query: string): Promise<string[]> =>
      (await api.json(`/api/v1/latest?${query}`)).body.items.map((item) => item.device);
    expect(await found('domain=environment')).toEqual(['aq-1', 'aq-2']);
    expect(await found('device=aq-*&device=!aq-2')).toEqual(['aq-1']);
    expect(await found('metric=speed&metric=no2')).toEqual(['aq-2', 'loop-1']);
    expect(await found('district=unknown&domain=traffic')).toEqual(['loop-1']);
    expect(await found('district=harbour')).toEqual([]);
  });

  it('answers the latest reading of each', async () => {
    const { body } = await api.json('/api/v1/latest?metric=pm25');
    expect(body.items).toEqual([
      expect.objectContaining({ domain: 'environment', device: 'aq-1', metric: 'pm25', time: NOW, value: 12 }),
    ]);
  });

  it('answers 503 while the store can not answer', async () => {
    const store = createMemorySeriesStore();
    store.series = () => Promise.reject(new StoreUnavailableError('The store is opening.'));
    const down = await testApi({ store });
    const { status, headers, body } = await down.json('/api/v1/latest');
    expect([status, headers.get('retry-after'), body.detail]).toEqual([503, '5', 'The store is opening.']);
    await down.close();
  });
});

describe('lists of an area', () => {
  beforeEach(async () => {
    const places = { west: [-17, 179.5], east: [-17, -179.5], north: [22.25, 113.55] } as const;
    const change = (device: string, description: object) => ({
      kind: 'device' as const,
      origin: 'live' as const,
      payload: {
        device,
        domain: 'environment',
        description,
        labelSpans: [{ from: -Infinity, labels: { district: 'unknown', type: 'unknown' } }],
        status: 'online' as const,
        receivedAt: NOW,
      },
    });
    await api.journal.append([
      ...Object.entries(places).map(([device, [lat, lon]]) => change(device, { location: { lat, lon } })),
      change('nowhere', {}),
    ]);
    await api.catchUp();
    const batch = batchOf(
      ...['west', 'east', 'north', 'nowhere', 'undescribed'].map(
        (device) => ['environment', device, 'pm25', NOW, 1] as const,
      ),
    );
    await api.store.write([{ kind: 'readings', seq: 1, batch }], cursorAfter({ partition: 0, seq: 1 }));
  });

  it.each([
    ['box=113.5,22.2,113.6,22.3', ['north']],
    ['box=179,-18,-179,-16', ['east', 'west']],
    ['box=-180,-90,180,90', ['east', 'north', 'west']],
    ['circle=180,-17,60000', ['east', 'west']],
    ['circle=113.55,22.25,1&domain=environment', ['north']],
  ])('finds the devices of ?%s, and none without a place', async (query, expected) => {
    for (const list of ['devices', 'series', 'latest']) {
      const { body } = await api.json(`/api/v1/${list}?${query}`);
      expect([list, body.items.map((item) => item.device ?? item.id)]).toEqual([list, expected]);
    }
  });

  it.each([
    ['box=1,2,3', 'west,south,east,north'],
    ['box=1,2,3,', 'west,south,east,north'],
    ['box=1,9,3,4', 'South (9) is above north (4)'],
    ['circle=22.25,113.55,500', 'a latitude from -90 to 90'],
    ['circle=113.55,22.25,-1', 'metres above 0'],
    ['circle=0,0,1&box=0,0,1,1', 'not both'],
  ])('refuses ?%s with a sentence', async (query, sentence) => {
    for (const list of ['devices', 'series', 'latest']) {
      const { status, body } = await api.json(`/api/v1/${list}?${query}`);
      expect([list, status, body.detail]).toEqual([list, 400, expect.stringContaining(sentence)]);
    }
  });

  it('is what a query takes too', async () => {
    const ask = async (area: unknown) => {
      const document = { metrics: ['pm25'], from: NOW - 1, to: NOW + 1, area };
      const { body } = await api.json('/api/v1/query', post(document));
      return body.series.map((series) => (series as unknown as { labels: { device: string } }).labels.device);
    };
    expect(await ask({ box: [179, -18, -179, -16] })).toEqual(['east', 'west']);
    expect(await ask({ circle: { lat: 22.25, lon: 113.55, radiusM: 10 } })).toEqual(['north']);
    expect(await ask({ circle: { lat: 0, lon: 0, radiusM: 10 } })).toEqual([]);
    expect(await ask(undefined)).toHaveLength(5);
  });
});

describe('GET /api/v1/rejections', () => {
  beforeEach(async () => {
    const one = { detail: 'No.', topic: 't', pointer: '', receivedAt: NOW, sample: '' };
    await api.journal.append([
      { kind: 'rejections', origin: 'live', payload: [{ ...one, reason: 'bad-time', device: 'aq-1' }] },
      { kind: 'rejections', origin: 'live', payload: [{ ...one, reason: 'malformed-json', domain: 'traffic' }] },
    ]);
    await api.catchUp();
  });

  it('lists the newest first, by device, domain and reason', async () => {
    const reasons = async (query: string): Promise<string[]> =>
      (await api.json(`/api/v1/rejections?${query}`)).body.items.map((item) => item.reason);
    expect(await reasons('')).toEqual(['malformed-json', 'bad-time']);
    expect(await reasons('device=aq-1')).toEqual(['bad-time']);
    expect(await reasons('domain=traffic')).toEqual(['malformed-json']);
    expect(await reasons('reason=bad-time')).toEqual(['bad-time']);
  });

  it('refuses a reason there is not, and a cursor that is none of its own', async () => {
    expect((await api.json('/api/v1/rejections?reason=sad')).body.detail).toContain('bad-time');
    const { status, body } = await api.json('/api/v1/rejections?cursor=zzz');
    expect([status, body.detail]).toEqual([400, expect.stringContaining('"cursor"')]);
  });
});
