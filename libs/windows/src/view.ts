import type { Aggregate } from './aggregates/index.ts';
import type { Scope, ScopeView } from './scope.ts';
import type { WindowResult, WindowView } from './window-types.ts';

/** What readings of a window come to. */
export interface Combined {
  readonly start: number;
  readonly end: number;
  readonly value: number;
  readonly count: number;
  readonly newest: number;
  readonly mark: number;
}

/** How windows of one shape lie over the readings of a scope, and what the view's aggregate makes of them. */
export interface View {
  readonly number: number;
  readonly shape: WindowView;
  readonly aggregate: Aggregate;
  /**
   * Gives out the windows the watermark has passed: those not given out yet, and those that `changed` has made other than
   * they were given out. Says when the next is due.
   * @param changed event times at which readings, or the increases they end, have changed behind the watermark
   */
  giveOut(scope: Scope, state: ScopeView, changed: readonly number[], out: WindowResult[]): void;
  /** The watermark before which no reading at an event time makes a window due. */
  dueBy(state: ScopeView, time: number): number;
  /** Gives the fullest open window of each event time. */
  lookEarly(scope: Scope, state: ScopeView, changed: ReadonlySet<number>, out: WindowResult[]): void;
  /** Takes in the scope's first segment, which no reading can reach any more. */
  close(scope: Scope, state: ScopeView): void;
  /** Lets go of what no window needs that may still be given out or revised. @returns the horizon by which there is more */
  forget(scope: Scope, state: ScopeView, horizon: number): number;
}

export function finalResult({ key }: Scope, view: number, from: Combined, revision: number): WindowResult {
  const { start, end, value, count, mark } = from;
  return { scope: key, view, start, end, value, count, final: true, time: end, mark, revision };
}

export function earlyResult({ key }: Scope, view: number, from: Combined): WindowResult {
  const { start, end, value, count, mark, newest } = from;
  return { scope: key, view, start, end, value, count, final: false, time: newest, mark, revision: 0 };
}
