import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry as PrometheusRegistry } from 'prom-client';
import type { ApiContext } from '../context.ts';
import type { MetricFamily } from './metric-family.ts';
import { portMetrics } from './port-metrics.ts';

/** What Prometheus is told: the process, the requests, the ports and the hub. Nothing is kept in a global registry. */
export class Scrape {
  readonly #api: ApiContext;
  readonly #own = new PrometheusRegistry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  constructor(api: ApiContext) {
    this.#api = api;
    collectDefaultMetrics({ register: this.#own });
    this.#requests = new Histogram({
      name: 'seawall_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer; streams are left out.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers: [this.#own],
    });
  }

  get contentType(): string {
    return this.#own.contentType;
  }

  /** @param route the pattern, never the path: its number of values is bounded */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  async text(): Promise<string> {
    const families = [...(await portMetrics(this.#api)), ...(await this.#api.metrics())];
    const scraped = new PrometheusRegistry();
    for (const family of families) fill(scraped, family);
    return `${await this.#own.metrics()}\n${await scraped.metrics()}`;
  }
}

function fill(registry: PrometheusRegistry, { name, help, kind, samples }: MetricFamily): void {
  const labelNames = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels ?? {})))];
  if (kind === 'gauge') {
    const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const { labels, value } of samples) gauge.set({ ...labels }, value);
    return;
  }
  const counter = new Counter({ name, help, labelNames, registers: [registry] });
  for (const { labels, value } of samples) counter.inc({ ...labels }, value);
}
