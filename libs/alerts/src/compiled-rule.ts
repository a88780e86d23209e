import type { Labels, Rule, RuleVersion, Series, Where } from '@seawall/model';
import type { SeriesRuns } from '@seawall/windows';
import type { AlertBook } from './alert-book.ts';
import type { Decision } from './alert-writer.ts';

/** Which series are wanted. */
export interface Selection {
  readonly domain: string;
  /** All metrics of the domain unless given. */
  readonly metric?: string;
  readonly where?: Where;
}

/** A batch's readings, put together by series; which of them are meant has been picked before. */
export interface PickedReadings {
  readonly runs: SeriesRuns;
  /** True where no series stands twice in the batch. */
  readonly once?: boolean;
  /** The greater, the sooner it notifies: what a decision by these readings has as its mark. */
  readonly mark: number;
  /** The running clock: the journal's stamps without the hub's downtime, ms. */
  readonly clock: number;
  /** Of the entry, epoch ms. */
  readonly stamp: number;
}

/**
 * Where readings go: the windows that rules of one selection share, or a rule on silence. The router asks it once for
 * each series and its labels, and keeps the answer.
 */
export interface Intake {
  /** It is asked for no series outside of it. */
  readonly selection: Selection;
  /** The number by which it knows a series; null if it isn't selected after all. */
  select(series: Series, labels: Labels): number | null;
  /** Notes one series of the batch at hand for the next `push`. @param series its place in the batch @returns how many are noted */
  pick(member: number, series: number): number;
  /** Takes in what was picked since the last time. Called only if anything was. */
  push(readings: PickedReadings): readonly Decision[];
}

/** How often the windows of a rule had to pass readings over, or decide anew. */
export interface RuleCounts {
  /** Readings that came too late, and changed nothing. */
  readonly late: number;
  /** Windows that readings less late than that have changed after they were given out, of all rules that share them. */
  readonly revised: number;
  /** How often a group held too many readings, and its watermark was pushed on. */
  readonly pushedOn: number;
}

/** What a rule of any kind has saved. The alerts are written some at a time, since there may be very many; the rest at once. */
export interface KeptByRule {
  readonly alerts: readonly unknown[];
}

export const NO_COUNTS: RuleCounts = { late: 0, revised: 0, pushedOn: 0 };

/** A rule at work, of whatever kind. A pure function of what it is told, in the order of the log. */
export interface CompiledRule {
  readonly version: RuleVersion & { readonly rule: Rule };
  readonly alerts: Pick<AlertBook, 'acknowledge' | 'count'>;
  /** What brings it readings; one for all rules with the same windows' selection, the rule itself for others. */
  readonly intake: Intake;
  /** What the clock brings about, after the windows have been given out. Called with every tick: cheap if nothing is due. */
  tick(clock: number, stamp: number): readonly Decision[];
  counts(): RuleCounts;
  /**
   * Ends all its alerts, since the rule goes away or is replaced.
   * @param stamp of the entry that says so
   */
  withdraw(because: string, stamp: number): readonly Decision[];
  /**
   * All it goes on from as of this moment, as plain data (what `structuredClone` takes), besides its version, and besides
   * its windows. It is encoded later: what is in it must not be changed any more, only replaced.
   */
  save(): KeptByRule;
}
