import type { MetricFamily } from '@seawall/api';

export function counter(name: string, help: string, value: number): MetricFamily {
  return { name, help, kind: 'counter', samples: [{ value }] };
}

export function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, kind: 'gauge', samples: [{ value }] };
}

/** One sample for each entry, under the label. */
export function gaugeBy(
  label: string,
  name: string,
  help: string,
  values: Readonly<Record<string, number>>,
): MetricFamily {
  const samples = Object.entries(values).map(([of, value]) => ({ labels: { [label]: of }, value }));
  return { name, help, kind: 'gauge', samples };
}
