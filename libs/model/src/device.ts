import type { Labels } from './series.ts';

/** One metric as its device describes it. Units are UCUM codes. */
export interface MetricDescription {
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** Names of the states, by the number that is stored: `{"0":"closed","1":"open"}`. */
  readonly states?: Readonly<Record<string, string>>;
}

/** What is said on `…/attributes`, merged over time by key. `name` and `location` are never labels. */
export interface DeviceDescription {
  readonly name?: string;
  readonly type?: string;
  readonly district?: string;
  readonly site?: string;
  readonly gateway?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly location?: { readonly lat: number; readonly lon: number };
  /** How often the device means to publish, as a duration ("60s"). */
  readonly interval?: string;
  readonly outOfService?: boolean;
  readonly metrics?: Readonly<Record<string, MetricDescription>>;
}

/** From this event time (epoch ms; -Infinity for the first description) until the next span's `from`, these labels hold. */
export interface LabelSpan {
  readonly from: number;
  readonly labels: Labels;
}

export type DeviceState = 'online' | 'offline' | 'unknown';

/** A thing that publishes. Its id is unique in the hub, whatever domains it publishes under. */
export interface Device {
  readonly id: string;
  readonly domains: readonly string[];
  readonly description: DeviceDescription;
  /** In order of `from`, the first from -Infinity; never empty. */
  readonly labelSpans: readonly LabelSpan[];
  readonly status: DeviceState;
  /** Journal stamp of the last change of status, epoch ms; absent while it never said. */
  readonly statusAt?: number;
  /** Arrival time of its first message, epoch ms. */
  readonly firstSeen: number;
}

/** What the hub knows of a metric in a domain, whichever device said it. One UCUM unit per domain and metric, hub-wide. */
export interface MetricDefinition {
  readonly domain: string;
  readonly metric: string;
  readonly unit?: string;
  readonly states?: Readonly<Record<string, string>>;
}

/** The labels that hold at an event time. @param spans as in `Device.labelSpans` @param eventTime epoch ms */
export function labelsAt(spans: readonly LabelSpan[], eventTime: number): Labels {
  let i = spans.length - 1;
  while (i > 0 && spans[i]!.from > eventTime) i--;
  return spans[i]!.labels;
}
