export const SEVERITIES = ['critical', 'major', 'minor', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const WINDOW_AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'] as const;
/** One of these, or a percentile from `p1` to `p99`. */
export type WindowAggregate = (typeof WINDOW_AGGREGATES)[number] | `p${number}`;

/** 95 for `p95`; undefined for the name of anything but a percentile. */
export function percentOf(aggregate: string): number | undefined {
  return /^p[1-9]\d?$/.test(aggregate) ? Number(aggregate.slice(1)) : undefined;
}

export function isWindowAggregate(name: string): name is WindowAggregate {
  return (WINDOW_AGGREGATES as readonly string[]).includes(name) || percentOf(name) !== undefined;
}

/** A condition on the aggregate of an event-time window. Exactly one of `above`, `below`, `outside` is given. */
export interface ThresholdCondition {
  readonly domain: string;
  readonly metric: string;
  /** Label → values: keys are AND, values OR, `*` globs, a leading `!` excludes; `device` is a key as well. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
  readonly aggregate: WindowAggregate;
  /** Length of the window, a duration; from a day up it follows the calendar of the hub's time zone. */
  readonly window: string;
  /** How often a window begins; the window's length (tumbling) unless given. */
  readonly every?: string;
  readonly above?: number;
  readonly below?: number;
  readonly outside?: readonly [low: number, high: number];
  /** Where a firing alert clears again; the threshold itself unless given. For `outside`: how far inside the band. */
  readonly clear?: number;
  /** How long the condition must hold, in event time, before the alert fires. */
  readonly for?: string;
  /** How long, in event time, a firing alert stays firing after the condition has cleared. */
  readonly keepFiringFor?: string;
  /** Decide on every change of a window, not only when the watermark has passed its end. */
  readonly early?: boolean;
}

/** A rule as people write it. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly summary?: string;
  readonly when: ThresholdCondition;
  /** Labels, `device` among them; one alert for each distinct combination. `["device"]` unless given. */
  readonly groupBy?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A rule as the journal and the registry keep it. */
export interface RuleVersion {
  readonly id: string;
  /** Grows by one with every change, from 1; goes on growing if a deleted id comes back. */
  readonly version: number;
  /** null: deleted with this version. */
  readonly rule: Rule | null;
  /** `file:<name>` or `api`: who may change it. */
  readonly source: string;
}
