import { filter, map, type OperatorFunction } from 'rxjs';
import type { WindowOutput } from '@seawall/windows';
import type { AlertBook } from './alert-book.ts';
import type { Decision } from './alert-writer.ts';

/** Who decides by window results. */
export type Decider = Pick<AlertBook, 'decide'>;

/** Window results in, what they change about alerts out, in one emission; results that change nothing emit nothing. */
export function decide(alerts: Decider): OperatorFunction<WindowOutput, readonly Decision[]> {
  return (output$) =>
    output$.pipe(
      map(({ stamp, results }) => results.flatMap((result) => alerts.decide(result, stamp))),
      filter((decisions) => decisions.length > 0),
    );
}
