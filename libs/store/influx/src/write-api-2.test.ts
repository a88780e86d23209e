import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReadingBatchBuilder, type Labels } from '@seawall/model';
import { cursorAfter } from '@seawall/ports';
import { openInfluxStore } from './open-influx-store.ts';
import { noVictoriaBecause, startVictoriaMetrics, type VictoriaMetrics } from './testing/victoria-metrics.ts';

const because = noVictoriaBecause();
if (because !== undefined && process.env['SEAWALL_REQUIRE_SERVERS'] === '1') throw new Error(`${because}.`);

const DAY = Date.parse('2026-05-05T00:00:00Z');
const LABELS: Labels = { district: '香洲, "北"', 'a=b': 'two words' };
const DEVICE = 'station 1,=x';

(because === undefined ? describe : describe.skip)('what is written by /api/v2/write', () => {
  let dir: string;
  let server: VictoriaMetrics;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seawall-victoria-'));
    server = await startVictoriaMetrics(dir);
  }, 90_000);
  afterAll(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it.each([true, false])(
    'arrives at a server of another make, compressed or not (%s)',
    async (gzip) => {
      const domain = gzip ? 'environment' : '水, 位';
      const builder = new ReadingBatchBuilder();
      for (let i = 0; i < 7_000; i++) {
        builder.add({ domain, device: DEVICE, metric: 'pm2.5' }, LABELS, DAY + i * 1000, i / 8, 0);
        builder.add({ domain, device: DEVICE, metric: '"q" r' }, LABELS, DAY + i * 1000, -i, 0);
      }
      const store = await openInfluxStore({ url: server.url, api: 2, org: 'city', token: 'any', gzip });
      const spans = [{ from: -Infinity, labels: LABELS }];
      await store.write(
        [
          { kind: 'labels', device: DEVICE, spans },
          { kind: 'readings', seq: 1, batch: builder.take() },
        ],
        cursorAfter({ partition: 0, seq: 1 }),
      );
      await store.close();
      const found = await server.everything();
      const of = (metric: string) => found.filter(({ metric: { __name__ } }) => __name__ === `${domain}_${metric}`);
      const times = Array.from({ length: 7_000 }, (_, i) => DAY + i * 1000);
      for (const [metric, value] of [
        ['pm2.5', (i: number) => i / 8],
        ['"q" r', (i: number) => (i === 0 ? 0 : -i)],
      ] as const) {
        const [series, ...others] = of(metric);
        expect(others).toEqual([]);
        expect(series!.metric).toMatchObject({ device: DEVICE, ...LABELS });
        expect(series!.timestamps).toEqual(times);
        expect(series!.values).toEqual(times.map((_, i) => value(i)));
      }
    },
    60_000,
  );
});
