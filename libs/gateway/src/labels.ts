import { UNDESCRIBED, UNKNOWN, type DeviceDescription, type Labels, type LabelSpan } from '@seawall/model';

const MAX_SPANS = 1000;

/** What a device is labelled with: its own labels, then district, type, site and gateway. `name` and `location` never. */
export function labelsOf(description: DeviceDescription): Labels {
  const labels: Record<string, string> = { ...description.labels };
  labels.district = description.district ?? UNKNOWN;
  labels.type = description.type ?? UNKNOWN;
  if (description.site !== undefined) labels.site = description.site;
  if (description.gateway !== undefined) labels.gateway = description.gateway;
  return Object.freeze(labels);
}

/**
 * The history after a description came: the first holds from the beginning of time, a later change from its arrival.
 * @param arrivalTime epoch ms
 * @returns undefined if the labels stay as they are
 */
export function nextLabelSpans(
  spans: readonly LabelSpan[],
  described: boolean,
  description: DeviceDescription,
  arrivalTime: number,
): readonly LabelSpan[] | undefined {
  const labels = labelsOf(description);
  const last = spans.at(-1)!;
  if (sameLabels(last.labels, labels)) return undefined;
  if (!described) return [{ from: -Infinity, labels }];
  // A clock that was set back must not turn the history's order round.
  const from = Math.max(arrivalTime, last.from);
  const before = from === last.from ? spans.slice(0, -1) : spans;
  const kept =
    before.length < MAX_SPANS ? before : [{ from: -Infinity, labels: before[1]!.labels }, ...before.slice(2)];
  return [...kept, { from, labels }];
}

/** The one shared object for an undescribed device, so that consumers may compare by identity. */
export function internLabels(labels: Labels): Labels {
  return sameLabels(labels, UNDESCRIBED) ? UNDESCRIBED : labels;
}

function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
