import type { ApiLimits, ApiOptions } from './options.ts';
import { Slots } from './http/slots.ts';
import { Turns } from './http/turns.ts';
import { UnderWay } from './http/under-way.ts';
import { DEFAULT_LIMITS } from './options.ts';

/** What every route is given: the ports, the bounds, and the signal of the end. */
export interface ApiContext extends Omit<ApiOptions, 'limits' | 'now'> {
  readonly limits: ApiLimits;
  readonly now: () => number;
  /** Aborts when the server closes: streams end, queries stop. */
  readonly closing: AbortSignal;
  readonly streams: Slots;
  readonly queries: Slots;
  readonly underWay: UnderWay;
  readonly ruleTurns: Turns;
  /** Of bodies that are inflated. */
  readonly inflations: Turns;
  /** Bytes of bodies held now. */
  readonly held: Slots;
}

/** The injection token of `ApiContext`. */
export const API = Symbol('ApiContext');

export function createContext(options: ApiOptions, closing: AbortSignal): ApiContext {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return {
    ...options,
    // Kept bound: options may be an object with methods of its own.
    applied: (cursor) => options.applied(cursor),
    health: () => options.health(),
    metrics: () => options.metrics(),
    limits,
    now: options.now ?? Date.now,
    closing,
    streams: new Slots(limits.streams),
    queries: new Slots(limits.queries),
    underWay: new UnderWay(),
    ruleTurns: options.ruleTurns ?? new Turns(),
    inflations: new Turns(),
    held: new Slots(limits.heldBytes),
  };
}
