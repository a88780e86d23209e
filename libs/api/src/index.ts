export type { MetricFamily, MetricSample } from './metrics/metric-family.ts';
export * from './options.ts';
export * from './start-api.ts';
