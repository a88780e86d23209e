const STEP_MS = 30 * 60_000;
const STEPS = 20;
/** Hours from the rain to the crest. */
const CREST_HOURS = 1.5;
/** m above the dry level that each mm/h of steady rain ends in. */
const RISE = 0.07;

/** The part of the rain of i steps ago that passes the gauges now: rises to its crest and fades over the day. */
const RESPONSE: readonly number[] = normalised(
  Array.from({ length: STEPS }, (_, i) => {
    const hours = (i + 0.5) * (STEP_MS / 3_600_000);
    return (hours / CREST_HOURS) * Math.exp(1 - hours / CREST_HOURS);
  }),
);

/**
 * What the rain of the last ten hours adds to the river, in m.
 * @param rain mm/h where the river comes from, at an event time (epoch ms)
 */
export function riverRise(rain: (eventTime: number) => number, eventTime: number): number {
  return RISE * RESPONSE.reduce((sum, weight, i) => sum + weight * rain(eventTime - i * STEP_MS), 0);
}

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
