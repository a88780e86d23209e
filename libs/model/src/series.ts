/** The identity for windows, alerts, latest values and last-write-wins: what one device says of one metric in one domain. */
export interface Series {
  readonly domain: string;
  readonly device: string;
  readonly metric: string;
}

/**
 * Labels of a device: a function of the device and of event time, never part of a series' identity.
 * `district` and `type` are always present, `unknown` until somebody describes the device.
 */
export type Labels = Readonly<Record<string, string>>;

export const UNKNOWN = 'unknown';

/** What an undescribed device is labelled with; one shared object, so that consumers may compare by identity. */
export const UNDESCRIBED: Labels = Object.freeze({ district: UNKNOWN, type: UNKNOWN });

/** Names hold no control characters, so a NUL joins them without ambiguity. */
export function seriesKey(series: Series): string {
  return `${series.domain}\u0000${series.device}\u0000${series.metric}`;
}
