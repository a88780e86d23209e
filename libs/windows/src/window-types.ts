import type { WindowAggregate } from '@seawall/model';
import type { NumberStream } from './number-stream.ts';
import type { NumberStream1 } from './scope-state-1.ts';
import type { Scope } from './scope.ts';
import type { SeriesRuns } from './series-runs.ts';

export interface WindowOptions {
  readonly aggregate: WindowAggregate;
  /** A duration; from a day up it follows the calendar. */
  readonly window: string;
  /** How often a window begins; the window's length unless given. */
  readonly every?: string;
  readonly timeZone: string;
  readonly delayMs: number;
  readonly idleAfterMs: number;
  /** Give out, besides, the fullest open window of each change. */
  readonly early?: boolean;
  /** How far behind the watermark a reading may be and still revise its windows; 0 unless given. */
  readonly allowedLatenessMs?: number;
  /** `MAX_HELD_READINGS` unless given. */
  readonly maxHeldReadings?: number;
}

/** A series in its scope; found once with `WindowSet.member` and kept by whoever selects. */
export interface Member {
  readonly scope: Scope;
  readonly number: number;
}

/** One series of a batch, to be windowed as a member. */
export interface Pick {
  readonly member: Member;
  /** Its place in `batch.series`. */
  readonly series: number;
}

export type WindowInput =
  | {
      readonly kind: 'readings';
      readonly runs: SeriesRuns;
      readonly picks: readonly Pick[];
      /** A small whole number the caller knows the meaning of; a result has the greatest of its readings. */
      readonly mark: number;
      /** The running clock: the journal's stamps without the hub's downtime, ms. */
      readonly clock: number;
      /** Of the entry, epoch ms; goes through to the output. */
      readonly stamp: number;
    }
  | { readonly kind: 'tick'; readonly clock: number; readonly stamp: number };

/** What a window of a scope came to. */
export interface WindowResult {
  readonly scope: string;
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

/** Plain data; null for the scopes of a set that begins anew with the counts of a former one. */
export interface WindowSetState {
  readonly scopes: NumberStream | NumberStream1 | null;
  readonly late: number;
  readonly pushedOn: number;
}
