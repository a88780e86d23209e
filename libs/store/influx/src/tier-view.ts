import { microsOf, type QueryPlan } from '@seawall/model';
import { HOUR_MICROS, isPercentile, mayServe, MINUTE_MICROS, type Selection, type TierView } from '@seawall/query';
import type { Catalogue } from './catalogue.ts';
import type { HourNotes } from './hour-notes.ts';
import { HOURS_AFTER } from './repair.ts';
import type { Rollups } from './rollups.ts';

/** Whether rollups may have a part in the answer; if not, there is no need to look at them. */
export function mayUseTiers(plan: QueryPlan, selection: Selection, rollups: Rollups): boolean {
  if (plan.aggregate.length === 0) return false;
  if (rollups.kept.size > 0) return true;
  if (plan.aggregate.some(isPercentile)) return false;
  const { rolledTo } = rollups.rolling;
  if (mayServe(plan, HOUR_MICROS, rolledTo)) return true;
  if (!mayServe(plan, MINUTE_MICROS, rolledTo)) return false;
  return [...minutesOf(plan, selection, rollups).values()].some(({ size }) => size > 0);
}

/** What a plan must know of the rollups, as it is now, but for what is asked of InfluxDB. */
export function tierView(
  plan: QueryPlan,
  selection: Selection,
  catalogue: Catalogue,
  rollups: Rollups,
): Omit<TierView, 'firsts'> {
  const minutes = minutesOf(plan, selection, rollups);
  const stale = new Map<number, ReadonlySet<number>>();
  const dense = new Map<number, ReadonlySet<number>>();
  const hasRate = plan.aggregate.includes('rate');
  const byDevice = new Map<string, ReadonlySet<number> | undefined>();
  for (const id of new Set(selection.series)) {
    const { domain, device } = catalogue.table.at(id);
    const key = `${domain}\u0000${device}`;
    if (!byDevice.has(key)) byDevice.set(key, unusable(rollups.notes.of(domain, device), hasRate));
    const [changed, withMinutes] = [byDevice.get(key), minutes.get(domain)];
    if (changed !== undefined) stale.set(id, changed);
    if (withMinutes !== undefined && withMinutes.size > 0) dense.set(id, withMinutes);
  }
  // What is noted from now on must not change what has been planned.
  return { rolledTo: rollups.rolling.rolledTo, kept: new Map(rollups.kept), stale, dense };
}

/** Hours whose rows don't say what their readings do; where increases are asked for, all that may hang on such an hour. */
function unusable(notes: ReturnType<HourNotes['of']>, hasRate: boolean): ReadonlySet<number> | undefined {
  if (notes === undefined) return undefined;
  const hours = new Set(notes.keys());
  if (!hasRate) return hours;
  for (const [hour, { kind }] of notes)
    if (kind === 'stale') for (let after = 1; after <= HOURS_AFTER; after++) hours.add(hour + after * HOUR_MICROS);
  return hours;
}

/** By domain: hours of the range that have rows of minutes though their readings are there. */
function minutesOf(
  { from, to }: QueryPlan,
  { groups }: Selection,
  rollups: Rollups,
): ReadonlyMap<string, ReadonlySet<number>> {
  const { rolledTo } = rollups.rolling;
  const domains = new Set(groups.map(({ domain }) => domain));
  return new Map(
    [...domains].map((domain) => {
      const begin = Math.max(microsOf(from), rollups.kept.get(domain)?.raw ?? 0);
      return [domain, rollups.partsOf(domain).minutesWithin(begin, Math.min(microsOf(to), rolledTo))];
    }),
  );
}
