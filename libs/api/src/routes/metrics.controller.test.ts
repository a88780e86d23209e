import { afterEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '@seawall/ports';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import type { MetricFamily } from '../index.ts';
import type { TestApi } from '../test-api.ts';
import { NOW, testApi, transition } from '../test-api.ts';

let api: TestApi;
afterEach(() => api.close());

async function scrape(): Promise<string> {
  const response = await api.fetch('/metrics');
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  return response.text();
}

describe('GET /metrics', () => {
  it('tells of the process, the ports, the hub and the requests', async () => {
    const hub: MetricFamily[] = [
      { name: 'seawall_readings_accepted_total', help: 'Accepted.', kind: 'counter', samples: [{ value: 7 }] },
      { name: 'seawall_role_seq', help: 'Place.', kind: 'gauge', samples: [{ labels: { role: 'a"b' }, value: 3 }] },
    ];
    api = await testApi({ metrics: async () => hub });
    const rejection = { reason: 'bad-time' as const, detail: '', topic: 't', pointer: '', receivedAt: NOW, sample: '' };
    await api.journal.append([
      transition('pending', 'firing'),
      { kind: 'rejections', origin: 'live', payload: [rejection] },
    ]);
    await api.journal.commit('writer', api.journal.start());
    await api.catchUp();
    await api.json('/api/v1/devices/nobody?secret=1');
    const text = await scrape();
    for (const line of [
      'seawall_readings_accepted_total 7',
      'seawall_role_seq{role="a\\"b"} 3',
      'seawall_journal_writable 1',
      'seawall_journal_last_seq 2',
      'seawall_journal_lag_entries{consumer="writer"} 2',
      'seawall_rejections_total{reason="bad-time"} 1',
      'seawall_rejections_total{reason="malformed-json"} 0',
      'seawall_alerts_firing{severity="major"} 1',
      'seawall_alerts_firing{severity="critical"} 0',
      'seawall_store_readings 0',
      'seawall_check_ok{check="journal"} 1',
      'seawall_part_answers{part="store"} 1',
      'seawall_http_request_duration_seconds_count{method="GET",route="/api/v1/devices/:id",status="400"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).not.toContain('secret');
  });

  it('counts nothing twice from one scrape to the next', async () => {
    const family: MetricFamily = { name: 'seawall_x_total', help: 'X.', kind: 'counter', samples: [{ value: 7 }] };
    api = await testApi({ metrics: async () => [family] });
    await scrape();
    expect((await scrape()).match(/^seawall_x_total .*$/gm)).toEqual(['seawall_x_total 7']);
  });

  it('tells of what the store drops as it comes, where it does so', async () => {
    const status = async () => ({ ...(await createMemorySeriesStore().status()), expiredAtOnce: 3 });
    api = await testApi({ store: Object.assign(createMemorySeriesStore(), { status }) });
    const text = await scrape();
    expect(text).toContain(
      '# TYPE seawall_store_expired_at_once_total counter\nseawall_store_expired_at_once_total 3\n',
    );
  });

  it.each([
    ['says so', () => Promise.reject(new StoreUnavailableError('closed'))],
    ['says nothing', () => new Promise<never>(() => undefined)],
  ])('goes on telling of the others when one part does not answer: it %s', async (_, status) => {
    const store = Object.assign(createMemorySeriesStore(), { status });
    api = await testApi({ store, limits: { storeMs: 20 } });
    const text = await scrape();
    expect(text).toContain('seawall_part_answers{part="store"} 0');
    expect(text).toContain('seawall_journal_writable 1');
    expect(text).not.toContain('seawall_store_readings');
    expect(api.logged.join()).toContain('The store did not answer');
  });
});
