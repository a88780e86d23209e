import { labelOf, UNKNOWN, type AlertTopicLevels, type Labels, type Rule, type Series } from '@seawall/model';

export const DEFAULT_GROUP_BY: readonly string[] = ['device'];

/** How a rule puts series together; a group is known by its labels' values. */
export class Grouping {
  readonly #rule: Rule;
  readonly #names: readonly string[];

  constructor(rule: Rule) {
    this.#rule = rule;
    this.#names = rule.groupBy ?? DEFAULT_GROUP_BY;
  }

  /** The group of a series. Values hold no control characters, so a NUL joins them without ambiguity. */
  keyOf(series: Series, labels: Labels): string {
    // Most rules group by device alone.
    if (this.#names.length === 1) return labelOf(series, labels, this.#names[0]!) ?? UNKNOWN;
    return this.#names.map((name) => labelOf(series, labels, name) ?? UNKNOWN).join('\u0000');
  }

  /** The labels of a group's alerts: its own, `domain` and the rule's. */
  labelsOf(group: string): Readonly<Record<string, string>> {
    return { domain: this.#rule.when.domain, ...this.#rule.labels, ...Object.fromEntries(this.#pairs(group)) };
  }

  /** The device, if every group is one device. */
  deviceOf(group: string): string | undefined {
    return this.#pairs(group).find(([name]) => name === 'device')?.[1];
  }

  /**
   * The levels of its alerts' topic, which no other group of the rule has.
   * @param deviceDistrict the district of the group's device, should it be one
   */
  levelsOf(group: string, deviceDistrict: string | undefined): AlertTopicLevels {
    const pairs = this.#pairs(group);
    const district = pairs.find(([name]) => name === 'district')?.[1] ?? deviceDistrict;
    const subject = subjectOf(pairs);
    return {
      domain: this.#rule.when.domain,
      ...(district === undefined ? {} : { district }),
      ...(subject === undefined ? {} : { subject }),
    };
  }

  /** What people call a group: its values as they are. Undefined if it is all of the domain. */
  nameOf(group: string): string | undefined {
    const pairs = this.#pairs(group);
    const named = withoutLevels(pairs);
    if (named.length > 0) return named.map(([, value]) => value).join(', ');
    return pairs.find(([name]) => name === 'district')?.[1];
  }

  /** The same with what each is: "gateway gw-3". Undefined if it is all of the domain. */
  labelledNameOf(group: string): string | undefined {
    const pairs = this.#pairs(group).filter(([name]) => name !== 'domain');
    return pairs.length === 0 ? undefined : pairs.map(([name, value]) => `${name} ${value}`).join(', ');
  }

  #pairs(group: string): Pair[] {
    if (this.#names.length === 0) return [];
    return group.split('\u0000').map((value, i) => [this.#names[i]!, value]);
  }
}

type Pair = readonly [name: string, value: string];

/** A device alone is its own name. Several values are escaped before they are joined, since ":" is legal within them. */
function subjectOf(pairs: readonly Pair[]): string | undefined {
  const named = withoutLevels(pairs);
  if (named.length === 0) return undefined;
  const [[name, value]] = named as [Pair, ...Pair[]];
  if (named.length === 1 && name === 'device') return value;
  return named.map(([, each]) => each.replace(/[%:]/g, encodeURIComponent)).join(':');
}

/** District and domain have levels of their own. */
function withoutLevels(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.filter(([name]) => name !== 'district' && name !== 'domain');
}
