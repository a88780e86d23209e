import type { LoadPlan } from '../support/load-plan.ts';

export const CONNECTIONS = 50;
export const IN_FLIGHT = 20;
export const METRICS = ['flow', 'level', 'speed', 'power'] as const;

/** One rule a metric, and one more whose windows close quickly, for the alert's way through the hub. */
export const RULES = [
  ...METRICS.map((metric) => rule(`${metric}-high`, 'utility', metric, '10s')),
  rule('probe-high', 'probe', 'probe', '1s'),
].join('');

/** A plan of 4 values a message whose event times begin an hour ago and are unique. */
export function benchPlan(run: string, devicesPerConnection = 4): LoadPlan {
  const hourAgo = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  return {
    run,
    domain: 'utility',
    connections: CONNECTIONS,
    devicesPerConnection,
    metrics: METRICS,
    baseTime: hourAgo,
    stepMs: 2,
  };
}

function rule(id: string, domain: string, metric: string, window: string): string {
  return `- { id: ${id}, severity: warning, when: { domain: ${domain}, metric: ${metric}, aggregate: mean, window: ${window}, above: 500 }, groupBy: [device] }\n`;
}
