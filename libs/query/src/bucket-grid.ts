import { gridOf, localDay, parseDuration, zoned, type DurationUnit, type Grid } from '@seawall/calendar';
import type { Buckets } from '@seawall/model';

const DAY_MS = 86_400_000;
/** How often the length of listed buckets may change: some 13 years of days that end in a shorter one. */
const MAX_CHANGES = 10_000;
const UNIT_MS: Partial<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
};

/**
 * The buckets of a step over `[from, to)`: fixed where the grid is regular over the whole range, else listed.
 * @returns undefined when there would be more than `maxBuckets`
 * @throws RangeError for a step that has no grid, or whose buckets change their length too often
 */
export function bucketsOf(
  step: string,
  timeZone: string,
  from: number,
  to: number,
  maxBuckets: number,
): Buckets | undefined {
  const grid = gridOf(step, timeZone);
  const nominalMs = stepMsOf(step);
  if (nominalMs !== undefined && (to - from) / nominalMs > maxBuckets + 1) return undefined;
  const origin = grid.floor(from);
  if (nominalMs !== undefined && isRegular(nominalMs, timeZone, origin, to)) {
    return Math.ceil((to - origin) / nominalMs) > maxBuckets ? undefined : { kind: 'fixed', origin, stepMs: nominalMs };
  }
  return listed(step, grid, origin, to, maxBuckets);
}

/** A store resolves equal buckets by a division, and every change of length by a comparison more. */
function listed(step: string, grid: Grid, origin: number, to: number, maxBuckets: number): Buckets | undefined {
  const starts: number[] = [];
  let start = origin;
  let lengthMs = 0;
  let changes = 0;
  while (start < to) {
    if (starts.length === maxBuckets) return undefined;
    starts.push(start);
    const end = grid.next(start);
    if (end - start !== lengthMs && ++changes > MAX_CHANGES) {
      throw new RangeError(
        `Buckets of ${step} change their length too often in this range; take a step that divides 24h, or a shorter range.`,
      );
    }
    lengthMs = end - start;
    start = end;
  }
  return { kind: 'listed', starts, end: start };
}

/** Months and years have no length. */
export function stepMsOf(step: string): number | undefined {
  const duration = parseDuration(step);
  const unit = duration && UNIT_MS[duration.unit];
  return unit === undefined ? undefined : duration!.count * unit;
}

/** Whether its buckets follow the calendar; all others begin anew at each local midnight. */
export function isDayStep(step: string): boolean {
  const stepMs = stepMsOf(step);
  return stepMs === undefined || stepMs >= DAY_MS;
}

/** Midnights stay on one grid when the step divides the day and every change of offset between them. */
function isRegular(stepMs: number, timeZone: string, origin: number, to: number): boolean {
  if (DAY_MS % stepMs !== 0 && stepMs % DAY_MS !== 0) return false;
  // From just before the day: where clocks skip midnight it begins with a change, and is no midnight of the grid.
  let at = zoned(localDay(origin, timeZone).start - 1, timeZone);
  for (;;) {
    const change = at.getTimeZoneTransition('next');
    if (!change || change.epochMilliseconds >= to) return true;
    const shiftMs = (change.offsetNanoseconds - at.offsetNanoseconds) / 1e6;
    if (shiftMs % stepMs !== 0) return false;
    at = change;
  }
}

const NICE_STEPS = [
  ...['1s', '2s', '5s', '10s', '15s', '30s', '1m', '2m', '5m', '10m', '15m', '30m', '1h', '2h', '3h', '6h', '12h'],
  ...['1d', '2d', '1w', '2w', '1M', '3M', '6M', '1y', '2y', '5y', '10y', '50y', '100y'],
];

/**
 * The finest nice step with at most `maxPoints` buckets, for `"auto"`; undefined if even the coarsest has more.
 * @param suits whether a step may be taken
 */
export function autoStep(
  timeZone: string,
  from: number,
  to: number,
  maxPoints: number,
  suits: (step: string) => boolean,
): string | undefined {
  return NICE_STEPS.find((step) => suits(step) && bucketsOf(step, timeZone, from, to, maxPoints) !== undefined);
}
