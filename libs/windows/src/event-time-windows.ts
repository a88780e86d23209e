import { Observable, type OperatorFunction } from 'rxjs';
import type { WindowSet } from './window-set.ts';
import type { WindowInput, WindowResult } from './window-types.ts';

/** What one batch or tick has brought about. */
export interface WindowOutput {
  /** Of the entry that caused it, epoch ms. */
  readonly stamp: number;
  /** Never empty; of one scope in the order of time. */
  readonly results: readonly WindowResult[];
}

/**
 * Windows batches in event time. Synchronous: what a batch or tick brings about is emitted before `next` returns, in
 * emissions of some hundred results, those of one scope together; an input that brings nothing about emits nothing.
 * Completion gives out no window early: the open ones stay in the set, whose state is saved and goes on with the next batch.
 */
export function eventTimeWindows(windows: WindowSet): OperatorFunction<WindowInput, WindowOutput> {
  return (input$) =>
    new Observable((output) => {
      const next = (input: WindowInput) => {
        windows.pushInParts(input, (results) => output.next({ stamp: input.stamp, results }));
      };
      return input$.subscribe({ next, error: (error) => output.error(error), complete: () => output.complete() });
    });
}
