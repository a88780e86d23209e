export type { MetricFamily, MetricSample } from './metrics/metric-family.ts';
export { Turns } from './http/turns.ts';
export * from './options.ts';
export * from './start-api.ts';
