import { answerSeriesKey, type QueryPlan } from '@seawall/model';
import type { AnsweredSeries, Selection } from '@seawall/query';
import { DEVICE_TAG, tagName, tagValue } from './influx-names.ts';

/** What one statement is about: consecutive groups of the answer, all of one domain and metric. */
export interface Portion {
  readonly domain: string;
  readonly metric: string;
  /** Their numbers in the selection. */
  readonly groups: readonly number[];
  /** Numbers of the selection's parts that answer into them. */
  readonly parts: readonly number[];
  /** Whether they are all that the plan finds in this domain and metric. */
  readonly isWhole: boolean;
  /** The range in which they may have readings, within the plan's; whole microseconds. */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts what a plan selects into portions of at most so many groups: none goes across domains or metrics, a group that a
 * former page has begun stands alone, and of raw readings none holds groups that InfluxDB would answer in another order.
 */
export function portionsOf(plan: QueryPlan, selection: Selection, maxGroups: number): readonly Portion[] {
  const { groups } = selection;
  const parts = partsByGroup(selection);
  const names = groupNames(plan);
  const isRaw = plan.aggregate.length === 0;
  const joins = (a: AnsweredSeries, b: AnsweredSeries) => isSame(a, b) && (!isRaw || follows(names, a, b));
  const resumed = plan.after !== undefined && groups[0] && answerSeriesKey(plan, groups[0]) === plan.after.series;
  const portions: Portion[] = [];
  for (let begin = 0, end = 0; begin < groups.length; begin = end) {
    end = begin + 1;
    const alone = resumed === true && begin === 0;
    while (!alone && end < groups.length && end - begin < maxGroups && joins(groups[end - 1]!, groups[end]!)) end++;
    portions.push(portionOf(plan, selection, parts, begin, end));
  }
  return portions;
}

function partsByGroup({ group, groups }: Selection): readonly (readonly number[])[] {
  const parts: number[][] = groups.map(() => []);
  group.forEach((of, part) => parts[of]!.push(part));
  return parts;
}

function portionOf(
  plan: QueryPlan,
  selection: Selection,
  partsOf: readonly (readonly number[])[],
  begin: number,
  end: number,
): Portion {
  const { groups, from, to } = selection;
  const { domain, metric } = groups[begin]!;
  const numbers = Array.from({ length: end - begin }, (_, i) => begin + i);
  const parts = numbers.flatMap((group) => partsOf[group]!);
  const others = (at: number) => groups[at]?.domain === domain && groups[at].metric === metric;
  return {
    domain,
    metric,
    groups: numbers,
    parts,
    isWhole: plan.after === undefined && !others(begin - 1) && !others(end),
    from: parts.reduce((least, part) => Math.min(least, from[part]!), Infinity),
    to: parts.reduce((most, part) => Math.max(most, to[part]!), -Infinity),
  };
}

/**
 * Whether InfluxDB answers two groups in this order too. It goes by the names of the tags first, not by the order in which
 * they were asked for; and it compares bytes of UTF-8, of what is stored, where an answer's order is that of code units.
 */
function follows(names: readonly string[], a: AnsweredSeries, b: AnsweredSeries): boolean {
  const order = ({ labels }: AnsweredSeries) =>
    Buffer.from(names.map((name) => (Object.hasOwn(labels, name) ? tagValue(labels[name]!) : '')).join('\u0000'));
  return Buffer.compare(order(a), order(b)) < 0;
}

/** The labels that tell groups apart, in InfluxDB's order. */
export function groupNames(plan: QueryPlan): readonly string[] {
  const names =
    plan.aggregate.length === 0 ? ['device'] : [...new Set(plan.groupBy)].filter((name) => name !== 'domain');
  const stored = (name: string) => Buffer.from(name === 'device' ? DEVICE_TAG : tagName(name));
  return names.sort((a, b) => Buffer.compare(stored(a), stored(b)));
}

/** Whether InfluxDB's order of the answered series is that of the answer. */
export function isInfluxOrder(plan: QueryPlan, { groups }: Selection): boolean {
  const names = groupNames(plan);
  return groups.every((group, i) => i === 0 || !isSame(groups[i - 1]!, group) || follows(names, groups[i - 1]!, group));
}

function isSame(a: AnsweredSeries, b: AnsweredSeries): boolean {
  return a.domain === b.domain && a.metric === b.metric;
}
