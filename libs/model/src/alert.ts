import type { Severity } from './rule.ts';

/** Where an alert is in its life; `pending` is seen in the API only, `inactive` nowhere outside the engine. */
export type AlertState = 'inactive' | 'pending' | 'firing' | 'resolved';

export type AlertMode = 'actual' | 'exercise' | 'test';

export interface Acknowledgement {
  readonly by: string;
  /** RFC 3339, the journal's stamp. */
  readonly at: string;
  readonly comment: string;
}

/**
 * An alert as it is published. Times are RFC 3339 in UTC.
 * `key` is the rule and its labels, the same in every episode; `id` is a hash of rule, rule version, labels and
 * `startsAt`; `revision` grows by one with each change of the alert.
 */
export interface Alert {
  readonly id: string;
  readonly key: string;
  readonly revision: number;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly severity: Severity;
  readonly mode: AlertMode;
  readonly rule: string;
  readonly summary: string;
  /** The group's labels, `domain` and the rule's own labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly metric: string;
  readonly unit: string | null;
  /** The aggregate that decided the last change. */
  readonly value: number;
  /** Event time at which the condition became true. */
  readonly startsAt: string;
  /** The journal's stamp of the entry that caused this revision. */
  readonly updatedAt: string;
  readonly endsAt: string | null;
  readonly ack: Acknowledgement | null;
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
  readonly location: { readonly lat: number; readonly lon: number } | null;
  readonly url: string | null;
  readonly evidence: AlertEvidence;
  /** Id of an alert that this one corrects, or null. */
  readonly corrects: string | null;
}

/** The window whose result decided: what a person needs to check the alert by hand. */
export interface AlertEvidence {
  readonly domain: string;
  readonly aggregate: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly count: number;
  readonly threshold: string;
}

/** One change of one alert, as the engine decides it and the journal keeps it. */
export interface AlertTransition {
  readonly from: AlertState;
  /** The alert after the change; `state` is where it went. A pending alert that is dropped goes to `inactive`. */
  readonly to: AlertState;
  readonly alert: Alert;
  /** Why, in a few words for the person who reads the history: "mean 187 above 150 for 3h". */
  readonly because: string;
  /** District, domain and subject as they stood at `startsAt`, the levels of the alert's topic for its whole life. */
  readonly levels: AlertTopicLevels;
}

export interface AlertTopicLevels {
  readonly domain: string;
  /** Absent when the group has no one district. */
  readonly district?: string;
  /**
   * A device alone as it is; else the values of the group's labels joined with ":", in each of which "%" and ":" are
   * percent-encoded. A topic encodes it once more, as it does every level.
   */
  readonly subject?: string;
}
