import type { WindowResult } from '@seawall/windows';
import type { AlertPhase } from './alert-state-machine.ts';

/** A window that was decided on finally, and where the alert stood before that. Immutable. */
export interface DecidedWindow {
  readonly result: WindowResult;
  readonly before: AlertPhase;
}

/** Oldest first. */
export type DecidedWindows = readonly DecidedWindow[];

/** A group's windows that late readings may still revise are this many at most; what is older stays as it was decided. */
const MAX_REMEMBERED = 1000;

/** What a revision leaves as it was, where the alert stood then, and what is to be decided anew. */
export interface Rewound {
  readonly kept: DecidedWindows;
  /** Undefined where nothing that was decided is touched. */
  readonly before: AlertPhase | undefined;
  readonly again: readonly WindowResult[];
}

/** Goes back to before the first window that a result revises, replaces or comes before. */
export function rewind(windows: DecidedWindows, result: WindowResult): Rewound {
  const gone = (each: WindowResult) => each.start === result.start || result.replaces?.includes(each.start) === true;
  const touched = windows.findIndex((each) => gone(each.result) || each.result.end > result.end);
  if (touched === -1) return { kept: windows, before: undefined, again: [result] };
  const others = windows.slice(touched).flatMap((each) => (gone(each.result) ? [] : [each.result]));
  const again = [...others, result].sort((a, b) => a.end - b.end || a.start - b.start);
  return { kept: windows.slice(0, touched), before: windows[touched]!.before, again };
}

/** @param revisableFrom windows that end by it can't be revised any more, epoch ms */
export function forgetBy(windows: DecidedWindows, revisableFrom: number): DecidedWindows {
  let first = Math.max(0, windows.length - MAX_REMEMBERED);
  while (first < windows.length && windows[first]!.result.end <= revisableFrom) first++;
  return first === 0 ? windows : windows.slice(first);
}
