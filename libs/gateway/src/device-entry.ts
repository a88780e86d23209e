import type { Refusal } from '@seawall/codecs';
import {
  UNDESCRIBED,
  type DeviceDescription,
  type DeviceState,
  type LabelSpan,
  type MetricDescription,
  type Series,
} from '@seawall/model';
import type { HubMetric } from './hub-metric.ts';

/** What the gateway knows of one series: how a value of its device becomes the value that is stored. */
export interface SeriesSlot {
  readonly series: Series;
  /** The device's unit and the hub's are the same, or one of them is not declared. */
  sameUnit: boolean;
  factor: number;
  offset: number;
  /** In the device's unit. */
  min: number;
  max: number;
  /** The device's own names of states, which go before the hub's. */
  ownStates: ReadonlyMap<string, number> | undefined;
  /** What the hub knows of the metric. */
  readonly hub: HubMetric;
  /** No reading of it can be taken: the device's unit does not fit the hub's. */
  refusal: Refusal | undefined;
}

/** What one device says under one domain. */
export interface Lane {
  readonly device: DeviceEntry;
  readonly domain: string;
  /** By metric. */
  readonly slots: Map<string, SeriesSlot>;
  /** False until something usable came: only then is the device known to the hub. */
  registered: boolean;
  /** What its device's description says of metrics, once the hub has taken that in under this domain. */
  declared: DeviceDescription['metrics'];
}

/** A device as the gateway keeps it in memory. */
export class DeviceEntry {
  readonly id: string;
  readonly lanes = new Map<string, Lane>();
  description: DeviceDescription = {};
  labelSpans: readonly LabelSpan[] = [{ from: -Infinity, labels: UNDESCRIBED }];
  status: DeviceState = 'unknown';
  seriesCount = 0;
  /** States of metrics that became the hub's by its word, since the hub's start. */
  statesBrought = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Whether its labels were ever another than those of an undescribed device. */
  get labelled(): boolean {
    return this.labelSpans.length > 1 || this.labelSpans[0]!.labels !== UNDESCRIBED;
  }
}

export function newLane(device: DeviceEntry, domain: string): Lane {
  return { device, domain, slots: new Map(), registered: false, declared: undefined };
}

/** How a device describes one of its metrics; empty if it does not. */
export function ownDescription({ description }: DeviceEntry, metric: string): MetricDescription {
  const { metrics } = description;
  return metrics !== undefined && Object.hasOwn(metrics, metric) ? metrics[metric]! : {};
}
