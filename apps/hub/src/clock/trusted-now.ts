/** What the wall clock (epoch ms) and a monotonic one (ms) show at one moment. */
export interface Clocks {
  readonly wall: number;
  readonly elapsed: number;
}

/** What both clocks show now; the monotonic one goes on while the process stands still. */
export function systemClocks(): Clocks {
  return { wall: Date.now(), elapsed: performance.now() };
}

/** A wall clock that has moved against the monotonic one by no more than this goes evenly. */
const TOLERANCE_MS = 10 * 60_000;
/** So long it must go evenly before it is believed. */
const PROBATION_MS = 6 * 3_600_000;

/** The time that may decide what is removed for good, and how it stands to the wall clock. */
export interface Trust {
  /** Epoch ms; never ahead of the wall clock. */
  readonly now: number;
  /** How far the wall clock is ahead of it, ms. */
  readonly behindMs: number;
  /** How much longer the wall clock must go evenly until it is believed, ms. */
  readonly waitsMs: number;
}

/**
 * A wall clock that is wrong for some seconds must not remove history. So this time goes on by the monotonic clock and
 * follows the wall clock back at once, but ahead only once that has gone evenly for hours; a hub that was off for a
 * month waits no longer.
 */
export class TrustedNow {
  #now: number;
  #seen: Clocks;
  /** Since when the wall clock goes evenly. */
  #even: Clocks;

  /** @param known a time that it surely was before the start, epoch ms; the wall clock is believed where there is none */
  constructor(start: Clocks, known = Infinity) {
    this.#now = Math.min(known, start.wall);
    this.#seen = start;
    this.#even = start;
  }

  look(clocks: Clocks): Trust {
    const { wall, elapsed } = clocks;
    this.#now = Math.min(this.#now + elapsed - this.#seen.elapsed, wall);
    this.#seen = clocks;
    if (Math.abs(wall - this.#even.wall - (elapsed - this.#even.elapsed)) > TOLERANCE_MS) this.#even = clocks;
    if (elapsed - this.#even.elapsed >= PROBATION_MS) {
      this.#now = wall;
      this.#even = clocks;
    }
    const waitsMs = PROBATION_MS - (elapsed - this.#even.elapsed);
    return { now: this.#now, behindMs: wall - this.#now, waitsMs };
  }
}

/** Less is what any restart leaves behind. */
export function isHeldBack({ behindMs }: Trust): boolean {
  return behindMs > TOLERANCE_MS;
}
