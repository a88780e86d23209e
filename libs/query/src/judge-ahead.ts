import type { QueryPlan } from '@seawall/model';
import { RememberedWhere } from './remembered-where.ts';
import { candidates, labelsWithin, type KnownSeries } from './select-series.ts';

/** Comparisons of a value with a pattern that are made in one go: some milliseconds. */
const LOOKS_AT_ONCE = 100_000;

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
  if (where.patterns * catalogue.stored().length <= LOOKS_AT_ONCE) return where;
  let next = LOOKS_AT_ONCE;
  const steps = judging(catalogue, plan, where);
  while (steps.next().done !== true) {
    if (where.looks < next) continue;
    await turn();
    next = where.looks + LOOKS_AT_ONCE;
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
