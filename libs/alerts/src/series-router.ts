import { SeriesTable, type Labels, type Series } from '@seawall/model';
import type { Member } from '@seawall/windows';
import type { CompiledRule } from './compile-rule.ts';

/** A rule that selects a series, and the series' place in it. */
export interface Target {
  readonly rule: CompiledRule;
  readonly member: Member;
}

interface Route {
  labels: Labels;
  readonly targets: readonly Target[];
}

/**
 * Knows for each series which rules its readings go to. Rules are found by domain and metric, and asked once for a
 * series and its labels, so that a reading costs only the rules that select it.
 */
export class SeriesRouter {
  readonly #rules = new Map<string, CompiledRule[]>();
  readonly #table = new SeriesTable();
  #routes: (Route | undefined)[] = [];

  /** The rules from now on, in the order in which they are to be asked. */
  setRules(rules: Iterable<CompiledRule>): void {
    this.#rules.clear();
    this.#routes = [];
    for (const rule of rules) {
      const key = metricKey(rule.version.rule.when);
      const others = this.#rules.get(key);
      if (others === undefined) this.#rules.set(key, [rule]);
      else others.push(rule);
    }
  }

  targetsOf(series: Series, labels: Labels): readonly Target[] {
    const id = this.#table.idOf(series);
    const known = this.#routes[id];
    if (known !== undefined && (known.labels === labels || sameLabels(known, labels))) return known.targets;
    const targets = this.#find(series, labels);
    this.#routes[id] = { labels, targets };
    return targets;
  }

  #find(series: Series, labels: Labels): Target[] {
    const targets: Target[] = [];
    for (const rule of this.#rules.get(metricKey(series)) ?? []) {
      const member = rule.select(series, labels);
      if (member !== null) targets.push({ rule, member });
    }
    return targets;
  }
}

/** Labels decoded anew are other objects with the same content; from then on those are known by identity. */
function sameLabels(route: Route, labels: Labels): boolean {
  const names = Object.keys(labels);
  if (names.length !== Object.keys(route.labels).length) return false;
  if (!names.every((name) => route.labels[name] === labels[name])) return false;
  route.labels = labels;
  return true;
}

function metricKey({ domain, metric }: { readonly domain: string; readonly metric: string }): string {
  return `${domain}\u0000${metric}`;
}
