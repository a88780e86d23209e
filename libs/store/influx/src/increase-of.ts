import { INCREASE_WITHIN_MS, microsOf } from '@seawall/model';

export const INCREASE_WITHIN_MICROS = microsOf(INCREASE_WITHIN_MS);

/** Event time in microseconds, and value. */
export type TimedValue = readonly [micros: number, value: number];

/** A counter that reads less than before has begun again from 0; what it had come to by then, nobody knows. */
function increaseOf(before: TimedValue | undefined, micros: number, value: number): number | undefined {
  if (before === undefined || micros - before[0] > INCREASE_WITHIN_MICROS) return undefined;
  return value >= before[1] ? value - before[1] : Math.max(0, value);
}

/** The increases of a series' readings, as these come in the order of time, with others that lie before or between them. */
export class Increases {
  readonly #others: readonly TimedValue[];
  #next = 0;
  #before: TimedValue | undefined;

  /** @param others in the order of time */
  constructor(others: readonly TimedValue[] = []) {
    this.#others = others;
  }

  /** The increase that the next reading ends; undefined where none came before it in time. */
  endedBy(micros: number, value: number): number | undefined {
    for (
      let other = this.#others[this.#next];
      other !== undefined && other[0] < micros;
      other = this.#others[++this.#next]
    )
      if (this.#before === undefined || other[0] > this.#before[0]) this.#before = other;
    const increase = increaseOf(this.#before, micros, value);
    this.#before = [micros, value];
    return increase;
  }
}
