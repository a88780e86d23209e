import type { WindowAggregate } from '@seawall/model';
import type { NumberStream } from './number-stream.ts';
import type { NumberStream1 } from './scope-state-1.ts';
import type { Picks } from './picks.ts';
import type { SeriesRuns } from './series-runs.ts';

/** What all windows of a set go by. */
export interface WindowTiming {
  readonly timeZone: string;
  readonly delayMs: number;
  readonly idleAfterMs: number;
  /** How far behind the watermark a reading may be and still revise its windows. */
  readonly allowedLatenessMs: number;
  /** `MAX_HELD_READINGS` unless given. */
  readonly maxHeldReadings?: number;
}

interface Aggregated {
  readonly aggregate: WindowAggregate;
  /** Give out, besides, the fullest open window of each change. */
  readonly early?: boolean;
}

/** Tumbling windows, or sliding ones. */
export interface GridWindows extends Aggregated {
  /** A duration; from a day up it follows the calendar. */
  readonly window: string;
  /** How often a window begins; the window's length unless given. */
  readonly every?: string;
}

/** Windows that end with a pause. */
export interface SessionWindows extends Aggregated {
  /** A duration: readings less than this apart are of one session. */
  readonly session: string;
}

/** Windows over the set's readings: one shape and one aggregate. */
export type WindowView = GridWindows | SessionWindows;

export type WindowInput =
  | {
      readonly kind: 'readings';
      readonly runs: SeriesRuns;
      readonly picks: Picks;
      /** True where no member is picked twice: then what has come to a scope of one member is decided at once. */
      readonly once?: boolean;
      /** A small whole number the caller knows the meaning of; a result has the greatest of its readings. */
      readonly mark: number;
      /** The running clock: the journal's stamps without the hub's downtime, ms. */
      readonly clock: number;
      /** Of the entry, epoch ms; goes through to the output. */
      readonly stamp: number;
    }
  | { readonly kind: 'tick'; readonly clock: number; readonly stamp: number };

export type Readings = Extract<WindowInput, { kind: 'readings' }>;

/** What a window of a scope came to. */
export interface WindowResult {
  readonly scope: string;
  /** The number of the view whose window it is. */
  readonly view: number;
  /** `[start, end)`, epoch ms of event time. */
  readonly start: number;
  readonly end: number;
  readonly value: number;
  readonly count: number;
  /** True: the watermark has passed its end. False: an early look at an open window. */
  readonly final: boolean;
  /** The event time the result speaks of: the window's end, or the newest reading's if early. */
  readonly time: number;
  readonly mark: number;
  /** How often the window has been given out, by its start: 1 the first time, more when late readings have changed it. 0 if early. */
  readonly revision: number;
  /** The starts of session windows given out before that are no more, since a late reading made them part of this one. */
  readonly replaces?: readonly number[];
}

/** Plain data. */
export interface WindowSetState {
  /** In the order of their numbers; null where one was dropped. */
  readonly views: readonly (WindowView | null)[];
  /** In pieces, each of some scopes. */
  readonly scopes: readonly NumberStream[];
  /** The running clock of the last tick. */
  readonly clock: number;
  readonly late: number;
  readonly revised: number;
  readonly pushedOn: number;
}

/** A set as format 2 had it: its scopes in one piece, with their count before them. */
export type WindowSetState2 = Omit<WindowSetState, 'scopes'> & { readonly scopes: NumberStream };

/** A set of one view, as version 0.1 saved it. */
export interface WindowSetState1 {
  /** Null where the windows were to begin anew. */
  readonly scopes: NumberStream1 | null;
  readonly late: number;
  readonly pushedOn: number;
}
