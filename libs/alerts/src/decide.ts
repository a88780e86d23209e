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
      map((output) => decisionsBy(alerts, output)),
      filter((decisions) => decisions.length > 0),
    );
}

/** Most results change nothing, and shall cost no more than to find that out. */
function decisionsBy(alerts: Decider, { stamp, results }: WindowOutput): readonly Decision[] {
  const decisions: Decision[] = [];
  for (const result of results) {
    const made = alerts.decide(result, stamp);
    if (made.length > 0) decisions.push(...made);
  }
  return decisions;
}
