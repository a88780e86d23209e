import type { WindowResult } from '@seawall/windows';
import { step, type AlertEvent, type AlertPhase, type Holding } from './alert-state-machine.ts';
import type { DecidedWindow } from './decided-windows.ts';

export interface Replayed {
  /** Where the alert stands after all. */
  readonly phase: AlertPhase;
  readonly windows: readonly DecidedWindow[];
  /** The last change of its state on the way; undefined if there was none. */
  readonly changed: { readonly result: WindowResult; readonly because: string } | undefined;
  /** The event time at which it last became true on the way; undefined if it did not. Epoch ms. */
  readonly begunAt: number | undefined;
  /** The greatest mark of the windows since its state last changed on the way, with the one that changed it. */
  readonly mark: number;
}

/** What would have been decided from a moment on. @param before where the alert stood then */
export function replay(
  before: AlertPhase,
  results: readonly WindowResult[],
  eventOf: (result: WindowResult) => AlertEvent,
  holding: Holding,
): Replayed {
  let phase = before;
  let changed: Replayed['changed'];
  let begunAt: number | undefined;
  let mark = -Infinity;
  const windows: DecidedWindow[] = [];
  for (const result of results) {
    windows.push({ result, before: phase });
    const next = step(phase, eventOf(result), holding);
    if (next.because !== null) changed = { result, because: next.because };
    mark = next.because !== null ? result.mark : Math.max(mark, result.mark);
    if (phase.state === 'inactive' && next.phase.state !== 'inactive') begunAt = result.time;
    phase = settled(next.phase);
  }
  return { phase, windows, changed, begunAt, mark };
}

/** What is over may begin anew; that is another episode. */
export function settled(phase: AlertPhase): AlertPhase {
  return phase.state === 'resolved' ? { state: 'inactive' } : phase;
}
