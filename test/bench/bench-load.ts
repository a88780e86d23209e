import type { LoadPlan } from '../support/load-plan.ts';

export const CONNECTIONS = 50;
export const IN_FLIGHT = 20;
export const METRICS = ['flow', 'level', 'speed', 'power'] as const;

/** One rule a metric, and one more whose windows close quickly, for the alert's way through the hub. */
export const RULES = [
  ...METRICS.map((metric) => rule(`${metric}-high`, 'utility', metric, '10s')),
  rule('probe-high', 'probe', 'probe', '1s'),
].join('');

/** At the throughput a hub may reach, event time runs about as fast as the clock with this. */
const FULL_SPEED_RATE = 100_000;

/**
 * A plan of 4 values a message whose event times begin an hour ago, are unique and run as fast as the clock does, as
 * they do in a city: how long windows stay open, and so how much the engine holds, depends on it.
 * @param rate messages a second over all connections
 */
export function benchPlan(run: string, rate = FULL_SPEED_RATE, devicesPerConnection = 4): LoadPlan {
  const hourAgo = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  const stepMs = Math.max(1, Math.round((CONNECTIONS * devicesPerConnection * 1000) / rate));
  return {
    run,
    domain: 'utility',
    connections: CONNECTIONS,
    devicesPerConnection,
    metrics: METRICS,
    baseTime: hourAgo,
    stepMs,
  };
}

function rule(id: string, domain: string, metric: string, window: string): string {
  return `- { id: ${id}, severity: warning, when: { domain: ${domain}, metric: ${metric}, aggregate: mean, window: ${window}, above: 500 }, groupBy: [device] }\n`;
}
