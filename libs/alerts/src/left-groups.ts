import { compileWhere, type ThresholdRule, type WhereMatcher } from '@seawall/model';
import type { WindowSet } from '@seawall/windows';
import type { AlertBook } from './alert-book.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { Grouping } from './group.ts';

/**
 * Which groups with an alert no device belongs to any more. What was measured before a device moved is judged where it
 * was: a group is left when its last window is given out.
 */
export class LeftGroups {
  readonly #rule: ThresholdRule;
  readonly #grouping: Grouping;
  readonly #selected: WhereMatcher;
  readonly #directory: DeviceDirectory;
  readonly #windows: WindowSet;
  readonly #view: number;
  readonly #alerts: AlertBook;
  /** Groups with an alert whose devices have all moved, as of `#moves` and `#begun`. */
  #deserted: string[] = [];
  #moves = -1;
  #begun = -1;

  constructor(
    rule: ThresholdRule,
    grouping: Grouping,
    directory: DeviceDirectory,
    windows: WindowSet,
    view: number,
    alerts: AlertBook,
  ) {
    this.#rule = rule;
    this.#grouping = grouping;
    this.#selected = compileWhere(rule.when.where ?? {});
    this.#directory = directory;
    this.#windows = windows;
    this.#view = view;
    this.#alerts = alerts;
  }

  /** Looks at devices only when some have moved, or alerts have begun. */
  take(): ReadonlySet<string> {
    const { moves } = this.#directory;
    const { begun } = this.#alerts;
    if (moves !== this.#moves || begun !== this.#begun) {
      this.#deserted = [...this.#alerts.groups()].filter((group) => this.#isDeserted(group));
      this.#moves = moves;
      this.#begun = begun;
    }
    if (this.#deserted.length === 0) return NONE;
    // A device that has never been described may have come meanwhile.
    return new Set(
      this.#deserted.filter((group) => this.#windows.isDrained(group, this.#view) && this.#isDeserted(group)),
    );
  }

  #isDeserted(group: string): boolean {
    return !this.#windows.membersOf(group).some((device) => this.#isMember(device, group));
  }

  #isMember(device: string, group: string): boolean {
    const labels = this.#directory.labelsNow(device);
    const { domain, metric } = this.#rule.when;
    const series = { domain, metric, device };
    return labels === null || (this.#selected(series, labels) && this.#grouping.keyOf(series, labels) === group);
  }
}

const NONE: ReadonlySet<string> = new Set();
