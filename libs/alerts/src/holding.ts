import type { Rule } from '@seawall/model';
import type { Holding } from './alert-state-machine.ts';
import { holdingMs } from './rule-checks.ts';

/** A rule's `for` and `keepFiringFor`. */
export function holdingOf({ for: holds = '0s', keepFiringFor = '0s' }: Rule['when']): Holding {
  return {
    forMs: holdingMs(holds) ?? 0,
    forText: holds,
    keepFiringForMs: holdingMs(keepFiringFor) ?? 0,
    keepFiringForText: keepFiringFor,
  };
}
