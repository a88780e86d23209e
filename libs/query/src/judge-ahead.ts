import type { QueryPlan } from '@seawall/model';
import { RememberedWhere } from './remembered-where.ts';
import { candidates, labelsWithin, type KnownSeries } from './select-series.ts';

/** Comparisons of a value with a pattern that are made in one go: some milliseconds. */
const LOOKS_AT_ONCE = 100_000;
/** Going through one series, or one of its labels, takes as long as so many of them. */
const LOOKS_OF_STEP = 16;
/** Fewer are left to the selecting: to compare them costs less than to go through the series once more. */
const MANY_PATTERNS = 20;

/**
 * Judges the values that `selectSeries` will come upon, in steps: a thousand patterns and a hundred thousand devices are
 * seconds of work. Selecting itself goes by one state of the catalogue, and so stays one step, of look-ups.
 * @param turn lets others have theirs, and throws once nobody waits for the answer
 */
export async function judgeAhead(
  catalogue: KnownSeries,
  plan: QueryPlan,
  turn: () => Promise<void>,
): Promise<RememberedWhere> {
  const where = new RememberedWhere(plan.where);
  const { patterns } = where;
  if (patterns < MANY_PATTERNS || patterns * catalogue.stored().length <= LOOKS_AT_ONCE) return where;
  let next = LOOKS_AT_ONCE;
  let taken = 0;
  const steps = judging(catalogue, plan, where);
  while (steps.next().done !== true) {
    taken++;
    const done = where.looks + taken * LOOKS_OF_STEP;
    if (done < next) continue;
    await turn();
    next = done + LOOKS_AT_ONCE;
  }
  return where;
}

/** One step for each series, and for each labels that it had: each may be compared with every pattern. */
function* judging(catalogue: KnownSeries, plan: QueryPlan, where: RememberedWhere): Generator<void> {
  const stored = catalogue.stored();
  for (const id of candidates(catalogue, plan)) {
    const series = stored[id]!;
    const admitted = where.admits(series);
    yield;
    if (!admitted) continue;
    for (const labels of labelsWithin(catalogue, plan, series)) {
      where.admitsLabels(series, labels);
      yield;
    }
  }
}
