import type { EpisodeRule } from './reference-episodes.ts';

const MINUTE = 60_000;

/** The rules as the hub gets them. */
export const RULES_YAML = `
- id: real-smog
  severity: major
  summary: Smog
  when: { domain: environment, metric: pm25, aggregate: mean, window: 1h, above: 150, clear: 115, for: 3h }
  groupBy: [device]
- id: real-congestion
  severity: minor
  summary: Congestion
  when: { domain: traffic, metric: speed, aggregate: mean, window: 15m, below: 25 }
  groupBy: [device]
- id: real-water-event
  severity: warning
  summary: Labelled event in the drinking water
  when: { domain: utility, metric: event, aggregate: mean, window: 1m, above: 0.5 }
  groupBy: [device]
`;

/** The same as the check's own arithmetic reads them. */
export const SMOG: EpisodeRule = {
  metric: 'pm25',
  windowMs: 60 * MINUTE,
  forMs: 180 * MINUTE,
  breaches: (mean) => mean > 150,
  clears: (mean) => mean < 115,
};

export const CONGESTION: EpisodeRule = {
  metric: 'speed',
  windowMs: 15 * MINUTE,
  forMs: 0,
  breaches: (mean) => mean < 25,
  clears: (mean) => mean >= 25,
};

/** Of labels and not of measurements: what it finds must be what people found, minute for minute. */
export const WATER_EVENT: EpisodeRule = {
  metric: 'event',
  windowMs: MINUTE,
  forMs: 0,
  breaches: (mean) => mean > 0.5,
  clears: (mean) => mean <= 0.5,
};

/** Smog over the whole city that is known from elsewhere, local days inclusive. */
export const KNOWN_SMOG = [
  ['2015-12-07', '2015-12-10'],
  ['2015-12-19', '2015-12-22'],
  ['2016-12-16', '2016-12-21'],
] as const;
