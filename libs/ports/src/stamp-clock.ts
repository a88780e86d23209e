/** Where an append takes its time from. */
export interface StampTimes {
  /** Epoch ms; the wall clock unless given. */
  readonly now?: () => number;
  /** Ms of a clock that nobody sets; the system's, but where `now` is given none that goes on. */
  readonly elapsed?: () => number;
}

/** How fast stamps go on until the wall clock has caught up with them: durations are a ninth longer meanwhile. */
export const STAMPS_SPEED = 0.9;

/**
 * Gives the stamps of appends: the wall clock's time, as long as that is not before the last stamp. Where it is (it has
 * been set back, or was ahead before), stamps go on by the clock that nobody sets, somewhat slower than time, so that the
 * wall clock catches up: were they to stand still, so would all who go by them.
 */
export class StampClock {
  readonly #now: () => number;
  /** Ms of a clock that nobody sets. */
  readonly elapsed: () => number;
  /** When it was last asked. */
  #askedAt: number;
  /** How far stamps have gone on by themselves; between two milliseconds. */
  #goneOn = -Infinity;

  constructor({ now, elapsed }: StampTimes) {
    this.#now = now ?? Date.now;
    this.elapsed = elapsed ?? (now === undefined ? () => performance.now() : () => 0);
    this.#askedAt = this.elapsed();
  }

  /** @param last the log's last stamp @returns the next one, never less, epoch ms */
  next(last: number): number {
    const elapsed = this.elapsed();
    // The last stamp was given when this was last asked, or before.
    this.#goneOn = Math.max(last, this.#goneOn) + (elapsed - this.#askedAt) * STAMPS_SPEED;
    this.#askedAt = elapsed;
    return Math.max(this.#now(), Math.floor(this.#goneOn));
  }
}
