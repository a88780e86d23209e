import type { WindowAggregate } from '@seawall/model';

/** What an aggregate remembers of readings: a few numbers, so that any state of it can be kept and compared. */
export type PartialAggregate = number[];

/**
 * An aggregate over readings in the order of event time, then series. Two partials merge in the order of their times,
 * so a result depends on the readings and on the slices' edges, never on the order of arrival.
 */
export interface Aggregate {
  readonly name: WindowAggregate;
  /** How many numbers a partial has; null where that varies with the readings. */
  readonly width: number | null;
  /** It goes over the increases of each series (`increases.ts`) in the place of the readings. */
  readonly ofIncreases?: true;
  /** The partial of no readings. */
  init(): PartialAggregate;
  /** Takes in the rows from `from` up to, and without, `to`: at least one, in order, after everything in the partial. */
  add(partial: PartialAggregate, time: Float64Array, value: Float64Array, from: number, to: number): void;
  /** Takes in `later`, whose readings all come after those of `partial`; `later` stays as it is. */
  merge(partial: PartialAggregate, later: PartialAggregate): void;
  /**
   * The value for a window of at least one reading; null where that takes more readings than there are.
   * @param windowMs the window's length
   */
  result(partial: PartialAggregate, windowMs: number): number | null;
}
