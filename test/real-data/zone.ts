const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * A time zone as far as the recordings reach: its offset from UTC, and the moments when it changed, written down from
 * the laws of the place and not taken from a library.
 */
export interface Zone {
  /** IANA. */
  readonly name: string;
  readonly offsetMs: number;
  /** Ascending; from `at` (epoch ms) on the offset is another. */
  readonly changes: readonly { readonly at: number; readonly offsetMs: number }[];
}

const fixed = (name: string, hours: number): Zone => ({ name, offsetMs: hours * HOUR, changes: [] });

export const UTC = fixed('UTC', 0);
export const SHANGHAI = fixed('Asia/Shanghai', 8);
/** In the first week of March 2012, before summer time. */
export const LOS_ANGELES = fixed('America/Los_Angeles', -8);
/** In the winter of 2006. */
export const PARIS = fixed('Europe/Paris', 1);

/** The Union's summer time ended on Sunday 30 October 2016 at 01:00 UTC. */
const END_OF_SUMMER_2016 = Date.UTC(2016, 9, 30, 1);
export const LONDON: Zone = { ...fixed('Europe/London', 1), changes: [{ at: END_OF_SUMMER_2016, offsetMs: 0 }] };
export const BERLIN: Zone = { ...fixed('Europe/Berlin', 2), changes: [{ at: END_OF_SUMMER_2016, offsetMs: HOUR }] };

/** In 2013 summer time lasted from Sunday 10 March to Sunday 3 November, each at 02:00 by the clocks until then. */
export const NEW_YORK: Zone = {
  ...fixed('America/New_York', -5),
  changes: [
    { at: Date.UTC(2013, 2, 10, 7), offsetMs: -4 * HOUR },
    { at: Date.UTC(2013, 10, 3, 6), offsetMs: -5 * HOUR },
  ],
};

export function offsetAt({ offsetMs, changes }: Zone, time: number): number {
  let offset = offsetMs;
  for (const change of changes) if (time >= change.at) offset = change.offsetMs;
  return offset;
}

/** Where the local day of a time began. No change of these zones lies at midnight. */
export function dayStart(zone: Zone, time: number): number {
  const offset = offsetAt(zone, time);
  const midnight = Math.floor((time + offset) / DAY) * DAY;
  return midnight - offsetAt(zone, midnight - offset);
}

/** The bucket of a time: a local day, or so much of it as steps of elapsed time since midnight make. */
export function bucketStart(zone: Zone, time: number, stepMs: number): number {
  const day = dayStart(zone, time);
  return stepMs === DAY ? day : day + Math.floor((time - day) / stepMs) * stepMs;
}
