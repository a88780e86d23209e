import { UNKNOWN, type AlertTopicLevels, type Labels, type Rule, type Series } from '@seawall/model';
import { labelOf } from './where.ts';

const DEFAULT_GROUP_BY: readonly string[] = ['device'];

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
    return this.#names.map((name) => labelOf(name, series, labels) ?? UNKNOWN).join('\u0000');
  }

  /** The labels of a group's alerts: its own, `domain` and the rule's. */
  labelsOf(group: string): Readonly<Record<string, string>> {
    return { domain: this.#rule.when.domain, ...this.#rule.labels, ...Object.fromEntries(this.#pairs(group)) };
  }

  /** The device, if every group is one device. */
  deviceOf(group: string): string | undefined {
    return this.#pairs(group).find(([name]) => name === 'device')?.[1];
  }

  /** @param deviceDistrict the district of the group's device, should it be one */
  levelsOf(group: string, deviceDistrict: string | undefined): AlertTopicLevels {
    const pairs = this.#pairs(group);
    const district = pairs.find(([name]) => name === 'district')?.[1] ?? deviceDistrict;
    const subject = this.deviceOf(group) ?? subjectOf(pairs);
    return {
      domain: this.#rule.when.domain,
      ...(district === undefined ? {} : { district }),
      ...(subject === undefined ? {} : { subject }),
    };
  }

  #pairs(group: string): [string, string][] {
    if (this.#names.length === 0) return [];
    return group.split('\u0000').map((value, i) => [this.#names[i]!, value]);
  }
}

/** District and domain have levels of their own. */
function subjectOf(pairs: readonly [string, string][]): string | undefined {
  const values = pairs.filter(([name]) => name !== 'district' && name !== 'domain').map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(':');
}
