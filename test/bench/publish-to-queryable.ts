import { query } from '../support/http.ts';
import { RawClient } from '../support/raw-client.ts';
import type { RunningHub } from '../support/start-hub.ts';
import { quantile } from './statistics.ts';

export interface PublishToQueryable {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** From the moment a reading is sent until a query, asked again and again, has answered with it. */
export async function measurePublishToQueryable(hub: RunningHub, samples: number): Promise<PublishToQueryable> {
  const client = await RawClient.connect(hub.mqtt, 'queryable-probe');
  const took: number[] = [];
  const base = Date.now() - 3_600_000;
  for (let i = 0; i < samples; i++) {
    const ts = base + i;
    const document = { metrics: ['seen'], where: { domain: ['probe'], device: ['queryable'] }, from: ts, to: ts + 1 };
    const began = performance.now();
    client.publishUnawaited('city/probe/queryable/telemetry', `{"ts":${ts},"values":{"seen":${i}}}`);
    while ((await query(hub.http, document)).series[0]?.values.value?.[0] !== i) {
      if (performance.now() - began > 30_000) throw new Error('A reading could not be queried for 30 s.');
    }
    took.push(performance.now() - began);
  }
  client.destroy();
  return { samples, p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99), maxMs: Math.max(...took) };
}
