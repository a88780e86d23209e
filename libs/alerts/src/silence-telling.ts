import { formatRfc3339 } from '@seawall/calendar';
import type { AbsenceRule, AlertEvidence } from '@seawall/model';
import type { AbsenceWatch, WatchedGroup } from './absence-watch.ts';
import type { Told } from './alert-state-machine.ts';
import type { Grouping } from './group.ts';
import { fillIn } from './summary.ts';

/** A summary names this many devices at most. */
const MOST_NAMED = 10;

/** What a rule on silence says of a group, for people. */
export class SilenceTelling {
  readonly #rule: AbsenceRule;
  readonly #grouping: Grouping;
  readonly #watch: AbsenceWatch;
  readonly #threshold: string;

  constructor(rule: AbsenceRule, grouping: Grouping, watch: AbsenceWatch) {
    this.#rule = rule;
    this.#grouping = grouping;
    this.#watch = watch;
    this.#threshold = thresholdText(rule);
  }

  of(group: WatchedGroup): Told {
    return { breach: () => `${this.#who(group)} ${this.#threshold}`, clear: () => this.#heard(group) };
  }

  stillSilent(group: WatchedGroup): string {
    return `now ${this.#who(group)} silent`;
  }

  evidence(windowStart: string, windowEnd: string): AlertEvidence {
    const { domain } = this.#rule.when;
    return { domain, aggregate: 'absent', windowStart, windowEnd, count: 0, threshold: this.#threshold };
  }

  /** @param since stamp, epoch ms */
  summary(group: WatchedGroup, labels: Readonly<Record<string, string>>, since: number): string {
    const names = this.#watch.silentNames(group);
    const devices = namesText(names);
    const { summary, when } = this.#rule;
    if (summary !== undefined) {
      return fillIn(summary, { value: String(group.silent), total: String(group.watched), devices }, labels);
    }
    const from = formatRfc3339(since).replace('.000Z', 'Z');
    const what = when.metric === undefined ? 'silent' : `silent in ${when.metric}`;
    const device = this.#grouping.deviceOf(group.key);
    if (device !== undefined) return `${device} has been ${what} since ${from}`;
    const place = this.#grouping.labelledNameOf(group.key) ?? when.domain;
    const have = group.silent === 1 ? 'has' : 'have';
    return `${group.silent} of ${devicesText(group.watched)} of ${place} ${have} been ${what} since ${from}: ${devices}`;
  }

  #who(group: WatchedGroup): string {
    const device = this.#grouping.deviceOf(group.key);
    return device ?? `${group.silent} of ${devicesText(group.watched)}`;
  }

  #heard(group: WatchedGroup): string {
    const device = this.#grouping.deviceOf(group.key);
    if (device !== undefined) return `${device} is heard again`;
    if (group.watched === 0) return 'no device is silent';
    if (group.silent > 0) return `only ${this.#who(group)} still silent`;
    return group.watched === 1 ? 'its device is heard again' : `all ${devicesText(group.watched)} are heard again`;
  }
}

/** "silent for longer than 3 intervals, or 10m where none is declared". */
function thresholdText({ when: { absent, above = 0 } }: AbsenceRule): string {
  const { missed, after } = absent;
  const longer = `silent for longer than ${missed === 1 ? 'its interval' : `${missed} intervals`}`;
  const orAfter = after === undefined ? '' : `, or ${after} where none is declared`;
  return `${longer}${orAfter}${above === 0 ? '' : `; up to ${above} may be`}`;
}

function namesText(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${named} and ${names.length - MOST_NAMED} more` : named;
}

function devicesText(count: number): string {
  return count === 1 ? '1 device' : `${count} devices`;
}
