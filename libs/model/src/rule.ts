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

/** Which readings a condition is about, and how long it must hold. */
interface Condition {
  readonly domain: string;
  /** Label → values: keys are AND, values OR, `*` globs, a leading `!` excludes; `device` is a key as well. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
  /** How long the condition must hold before the alert fires: in event time, for absence while the hub runs. */
  readonly for?: string;
  /** How long a firing alert stays firing after the condition has cleared; measured like `for`. */
  readonly keepFiringFor?: string;
}

/**
 * A condition on the aggregate of an event-time window. Exactly one of `above`, `below`, `outside` is given, and exactly
 * one of `window` and `session`.
 */
export interface ThresholdCondition extends Condition {
  readonly metric: string;
  readonly aggregate: WindowAggregate;
  /** Length of the window, a duration; from a day up it follows the calendar of the hub's time zone. */
  readonly window?: string;
  /** How often a window begins; the window's length (tumbling) unless given. */
  readonly every?: string;
  /** Windows of readings that are less than this apart, a duration; a pause of so long ends one. */
  readonly session?: string;
  readonly above?: number;
  readonly below?: number;
  readonly outside?: readonly [low: number, high: number];
  /** Where a firing alert clears again; the threshold itself unless given. For `outside`: how far inside the band. */
  readonly clear?: number;
  /** Decide on every change of a window, not only when the watermark has passed its end. */
  readonly early?: boolean;
}

/** A condition on devices that fall silent: none of their readings, or none of one metric, arrives while the hub runs. */
export interface AbsenceCondition extends Condition {
  /** Silent in this metric; in all of the domain unless given. */
  readonly metric?: string;
  readonly absent: {
    /** A device is silent when it is not heard for longer than so many of its declared intervals. */
    readonly missed: number;
    /** For devices that declare no interval: how long they may be silent, a duration. Not watched unless given. */
    readonly after?: string;
  };
  /** How many devices of a group may be silent; 0 unless given. */
  readonly above?: number;
}

interface RuleHead {
  readonly id: string;
  readonly severity: Severity;
  readonly summary?: string;
  /** Labels, `device` among them; one alert for each distinct combination. `["device"]` unless given. */
  readonly groupBy?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A rule over windows. */
export interface ThresholdRule extends RuleHead {
  readonly when: ThresholdCondition;
}

/** A rule on silence. */
export interface AbsenceRule extends RuleHead {
  readonly when: AbsenceCondition;
}

/** A rule as people write it. */
export type Rule = ThresholdRule | AbsenceRule;

export function isAbsenceRule(rule: Rule): rule is AbsenceRule {
  return 'absent' in rule.when;
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
