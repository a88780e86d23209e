import type { DeviceDescription, MetricDescription } from '@seawall/model';
import type { DevicePatch, MetricPatch } from './device-patch.ts';
import type { Refusal } from './fault.ts';

const MAX_LABELS = 32;
const MAX_METRICS = 1000;
const MAX_STATES = 256;

type Fields = Readonly<Record<string, unknown>>;

/** The description after a patch: merged by key at every level, `null` deletes (as RFC 7396 does). Neither is changed. */
export function mergeDescription(current: DeviceDescription, patch: DevicePatch): DeviceDescription {
  const merged: Record<string, unknown> = mergeFields(current as Fields, {
    ...patch,
    labels: undefined,
    metrics: undefined,
  });
  if (patch.labels !== undefined) setGroup(merged, 'labels', mergeGroup(current.labels, patch.labels));
  if (patch.metrics !== undefined) {
    setGroup(
      merged,
      'metrics',
      patch.metrics === null ? undefined : mergeMetrics(current.metrics ?? {}, patch.metrics),
    );
  }
  return merged;
}

/** @returns why a merged description can't be kept: it contradicts itself, or grew beyond its bounds */
export function descriptionFault(description: DeviceDescription): (Refusal & { readonly pointer: string }) | undefined {
  const tooMany = (what: string, max: number, pointer: string) =>
    badDescription(`A device has at most ${max} ${what}.`, pointer);
  if (Object.keys(description.labels ?? {}).length > MAX_LABELS)
    return tooMany('labels of its own', MAX_LABELS, '/labels');
  const metrics = Object.entries(description.metrics ?? {});
  if (metrics.length > MAX_METRICS) return tooMany('described metrics', MAX_METRICS, '/metrics');
  for (const [name, metric] of metrics) {
    if (metric.min !== undefined && metric.max !== undefined && metric.min > metric.max) {
      return badDescription(`Of "${name}" the "min" ${metric.min} is above the "max" ${metric.max}.`, '/metrics');
    }
    const states = Object.values(metric.states ?? {});
    if (states.length > MAX_STATES) return tooMany('states a metric', MAX_STATES, '/metrics');
    if (new Set(states).size < states.length)
      return badDescription(`Two states of "${name}" have the same name.`, '/metrics');
  }
  return undefined;
}

function badDescription(detail: string, pointer: string): Refusal & { readonly pointer: string } {
  return { reason: 'bad-description', detail, pointer };
}

function mergeFields(current: Fields, patch: Fields): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function mergeGroup(current: Fields = {}, patch: Fields | null): Fields | undefined {
  return patch === null ? undefined : mergeFields(current, patch);
}

function setGroup(fields: Record<string, unknown>, key: string, group: Fields | undefined): void {
  if (group === undefined || Object.keys(group).length === 0) delete fields[key];
  else fields[key] = group;
}

function mergeMetrics(
  current: Readonly<Record<string, MetricDescription>>,
  patch: Readonly<Record<string, MetricPatch | null>>,
): Readonly<Record<string, MetricDescription>> {
  const merged: Record<string, MetricDescription> = { ...current };
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete merged[name];
    else merged[name] = mergeMetric(merged[name] ?? {}, change);
  }
  return merged;
}

function mergeMetric(current: MetricDescription, patch: MetricPatch): MetricDescription {
  const merged = mergeFields(current as Fields, { ...patch, states: undefined });
  if (patch.states !== undefined) setGroup(merged, 'states', mergeGroup(current.states, patch.states));
  return merged;
}
