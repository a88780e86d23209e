import { Subject } from 'rxjs';
import type { Labels, RuleVersion, Series, ThresholdRule } from '@seawall/model';
import {
  eventTimeWindows,
  WindowSet,
  type Member,
  type Pick,
  type WindowInput,
  type WindowSetState,
} from '@seawall/windows';
import { AlertBook, type AlertBookState, type Decision } from './alert-book.ts';
import { decide } from './decide.ts';
import type { DeviceDirectory } from './device-directory.ts';
import { Grouping } from './group.ts';
import { matches } from './where.ts';

export type LiveRuleVersion = RuleVersion & { readonly rule: ThresholdRule };

export interface RuleSurroundings {
  readonly timeZone: string;
  readonly delayMs: number;
  readonly idleAfterMs: number;
  readonly directory: DeviceDirectory;
}

export interface CompiledRuleState {
  readonly version: LiveRuleVersion;
  readonly windows: WindowSetState;
  readonly alerts: AlertBookState;
}

/** A rule at work: select → window → decide. */
export interface CompiledRule {
  readonly version: LiveRuleVersion;
  readonly windows: WindowSet;
  readonly alerts: AlertBook;
  /** Where the rule puts a series of its domain and metric; null if its `where` doesn't select it. */
  select(series: Series, labels: Labels): Member | null;
  /** Notes one series of the batch at hand for the next `push`. @param series its place in the batch @returns how many are noted */
  pick(member: Member, series: number): number;
  /** Takes in the series picked since the last time, as one emission. */
  push(batch: Omit<Extract<WindowInput, { kind: 'readings' }>, 'kind' | 'picks'>): readonly Decision[];
  tick(clock: number, stamp: number): readonly Decision[];
  /** Its state, in small steps. */
  saving(): Generator<void, CompiledRuleState>;
}

/** @throws RangeError if the rule's durations make no windows; `parseRule` has refused such rules */
export function compileRule(
  version: LiveRuleVersion,
  { directory, ...time }: RuleSurroundings,
  saved?: SavedRule,
): CompiledRule {
  const { rule } = version;
  const grouping = new Grouping(rule);
  const selected = matches(rule.when.where ?? {});
  const windows = new WindowSet({ ...rule.when, window: rule.when.window!, ...time }, saved?.windows);
  const alerts = new AlertBook(version, grouping, directory, saved?.alerts);
  const run = pipeline(windows, alerts);
  const watermarkOf = (group: string) => windows.watermarkOf(group);
  let picks: Pick[] = [];

  function isMember(device: string, group: string): boolean {
    const labels = directory.labelsNow(device);
    const series = { domain: rule.when.domain, metric: rule.when.metric, device };
    return labels === null || (selected(series, labels) && grouping.keyOf(series, labels) === group);
  }

  /** What was measured before a device moved is judged where it was: the group is left when its last window is given out. */
  function isLeft(group: string): boolean {
    return windows.isDrained(group) && !windows.membersOf(group).some((device) => isMember(device, group));
  }

  return {
    version,
    windows,
    alerts,
    select: (series, labels) =>
      selected(series, labels) ? windows.member(grouping.keyOf(series, labels), series.device) : null,
    pick: (member, series) => picks.push({ member, series }),
    push(batch) {
      const input: WindowInput = { kind: 'readings', picks, ...batch };
      picks = [];
      return run(input);
    },
    tick(clock, stamp) {
      const decisions = run({ kind: 'tick', clock, stamp });
      const left = alerts.withdraw('the rule selects no device for it any more', stamp, watermarkOf, isLeft);
      return left.length === 0 ? decisions : [...decisions, ...left];
    },
    *saving() {
      return { version, windows: yield* windows.saving(), alerts: alerts.save() };
    },
  };
}

/** What goes on from a former run or, of the alerts alone, from before a change of the time zone. */
export type SavedRule = Omit<CompiledRuleState, 'version'>;

/** The rule's own stream, as a function: everything in it is synchronous, so an input's decisions are there when it returns. */
function pipeline(windows: WindowSet, alerts: AlertBook): (input: WindowInput) => readonly Decision[] {
  const input$ = new Subject<WindowInput>();
  let decisions: readonly Decision[] = [];
  input$.pipe(eventTimeWindows(windows), decide(alerts)).subscribe((made) => (decisions = made));
  return (input) => {
    decisions = [];
    input$.next(input);
    return decisions;
  };
}
