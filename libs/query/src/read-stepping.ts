import type { Buckets } from '@seawall/model';
import { autoStep, bucketsOf, stepMsOf } from './bucket-grid.ts';
import { readWholeNumber, shown } from './field-readers.ts';
import type { Issues } from './query-error.ts';
import { isByMonths, type Offset } from './read-offset.ts';

export interface Stepping {
  readonly step: string | null;
  readonly buckets?: Buckets;
}

interface SteppingContext {
  readonly timeZone: string;
  /** Epoch ms; undefined where it could not be read. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
  readonly offset: Offset | undefined;
  readonly maxBuckets: number;
}

export function readStepping(
  issues: Issues,
  { step, maxPoints }: Record<string, unknown>,
  context: SteppingContext,
): Stepping | undefined {
  const { timeZone, range, offset, maxBuckets } = context;
  if (step !== 'auto' && maxPoints !== undefined)
    issues.add('maxPoints', 'maxPoints belongs to "step": "auto" only; leave it out.');
  if (step === undefined || step === null) return { step: null };
  if (typeof step !== 'string')
    return issues.add('step', `${shown(step)} is not a duration; write one such as "5m", or "auto".`);
  const most = step === 'auto' ? readWholeNumber(issues, 'maxPoints', maxPoints, [1, maxBuckets]) : maxBuckets;
  if (range === undefined || most === undefined) return undefined;
  const suits = (nice: string) => offset === undefined || hasCounterparts(nice, offset);
  const chosen = step === 'auto' ? autoStep(timeZone, range.from, range.to, most, suits) : step;
  if (chosen === undefined) return issues.add('maxPoints', `No step answers this range in ${most} points; allow more.`);
  if (offset !== undefined && !hasCounterparts(chosen, offset)) {
    return issues.add(
      'offset',
      `Buckets of ${chosen} have no counterparts ${offset.text} away, since months differ in length; move by days or weeks, or take a step of a day at most, or of months.`,
    );
  }
  return layBuckets(issues, chosen, timeZone, range, most);
}

/** Whether an offset leaves the buckets of a step whole: days of one month have theirs in another, weeks have none. */
function hasCounterparts(step: string, offset: Offset): boolean {
  const stepMs = stepMsOf(step);
  return !isByMonths(offset) || stepMs === undefined || stepMs <= 86_400_000;
}

function layBuckets(
  issues: Issues,
  step: string,
  timeZone: string,
  { from, to }: { readonly from: number; readonly to: number },
  most: number,
): Stepping | undefined {
  try {
    const buckets = bucketsOf(step, timeZone, from, to, most);
    if (buckets !== undefined) return { step, buckets };
    return issues.add(
      'step',
      `The range has more than ${most} buckets of ${step}; take a longer step or a shorter range.`,
    );
  } catch (error) {
    if (error instanceof RangeError) return issues.add('step', error.message);
    throw error;
  }
}
