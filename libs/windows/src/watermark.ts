/** One series of a scope, as the watermark sees it. */
export interface MemberState {
  /** The greatest event time it has sent; -Infinity before its first reading. Epoch ms. */
  readonly newest: number;
  /** When it last sent a reading that counted, on the running clock; -Infinity while it is idle. */
  readonly heardAt: number;
}

/** A watermark as plain data. */
export interface WatermarkState {
  /** Where it stood at `idleSince`, or stands while a member is active. */
  readonly value: number;
  /** Since when, on the running clock, every member is idle; null while one is active. */
  readonly idleSince: number | null;
}

/** What all watermarks of a set go by. */
export interface WatermarkTiming {
  /** How much later than a younger reading an older one may come. */
  readonly delayMs: number;
  /** A member that is silent for so long no longer holds the watermark back. */
  readonly idleAfterMs: number;
  /** The running clock of the last tick. */
  tickClock: number;
}

const IDLE = -Infinity;

/**
 * The event time up to which a scope's readings are taken to be complete: the least, over members that are not idle,
 * of the greatest event time less the delay. While every member is idle it moves with the running clock, tick by tick,
 * which is the journal's stamps without the hub's own downtime. It never decreases.
 */
export class Watermark {
  /** By member, as in `MemberState`: columns, since a scope may have very many and there may be very many scopes. */
  readonly #newest: number[] = [];
  readonly #heardAt: number[] = [];
  readonly #timing: WatermarkTiming;
  /** Where it stood when it was last moved. */
  #value: number;
  #idleSince: number | null;
  /** The least `newest` of active members, unless stale; a member ahead of it can't be the one that holds back. */
  #least = Infinity;
  #stale = false;

  constructor(timing: WatermarkTiming, { value, idleSince }: WatermarkState = { value: -Infinity, idleSince: null }) {
    this.#timing = timing;
    this.#value = value;
    this.#idleSince = idleSince;
  }

  /** Epoch ms; -Infinity before the first reading. */
  get value(): number {
    return this.at(this.#timing.tickClock);
  }

  /** The value as it was at a tick before, since which nothing has been heard. @param clock of that tick */
  at(clock: number): number {
    return this.#idleSince === null ? this.#value : this.#value + (clock - this.#idleSince);
  }

  save(): WatermarkState {
    return { value: this.#value, idleSince: this.#idleSince };
  }

  /** The greatest event time of a member; -Infinity while it is idle. */
  newestActive(member: number): number {
    return this.#heardAt[member] === IDLE ? -Infinity : this.#newest[member]!;
  }

  /** When a member last sent a reading that counted, on the running clock; -Infinity while it is idle. */
  heardAt(member: number): number {
    return this.#heardAt[member]!;
  }

  saveMember(member: number): MemberState {
    return { newest: this.#newest[member]!, heardAt: this.#heardAt[member]! };
  }

  /** A new member counts as idle until it is heard. @returns its number */
  join({ newest, heardAt }: MemberState = { newest: -Infinity, heardAt: IDLE }): number {
    if (heardAt !== IDLE) this.#stale = true;
    this.#heardAt.push(heardAt);
    return this.#newest.push(newest) - 1;
  }

  /** Readings of a member counted, the newest of them at `newest`. Takes effect with `settle` or `tick`. */
  heard(member: number, newest: number, clock: number): void {
    const before = this.#newest[member]!;
    const now = newest > before ? newest : before;
    if (this.#heardAt[member] === IDLE) {
      // One that joins ahead of the others leaves their least as it is.
      if (now < this.#least) this.#stale = true;
    } else if (now > before && before <= this.#least) this.#stale = true;
    this.#newest[member] = now;
    this.#heardAt[member] = clock;
    if (this.#idleSince !== null) this.#stay();
  }

  /** Moves the watermark to where the readings heard have brought it. */
  settle(): void {
    if (!this.#stale) return;
    this.#stale = false;
    let least = Infinity;
    for (let i = 0; i < this.#newest.length; i++) {
      if (this.#newest[i]! < least && this.#heardAt[i] !== IDLE) least = this.#newest[i]!;
    }
    this.#least = least;
    if (least !== Infinity) this.raise(least - this.#timing.delayMs);
  }

  /** At a tick: finds out who has become idle, and lets the watermark go with the clock if everybody is. */
  tick(): void {
    const silentSince = this.#timing.tickClock - this.#timing.idleAfterMs;
    let active = 0;
    for (let i = 0; i < this.#heardAt.length; i++) {
      const heardAt = this.#heardAt[i]!;
      if (heardAt === IDLE) continue;
      if (heardAt > silentSince) active++;
      else {
        this.#heardAt[i] = IDLE;
        this.#stale = true;
      }
    }
    if (active > 0 || this.#value === -Infinity) this.settle();
    else this.#idleSince ??= this.#timing.tickClock;
  }

  /**
   * The running clock before which no tick brings anything about, as far as is known now: nobody becomes idle, nor does
   * the watermark reach `due` with the clock.
   */
  sleepsUntil(due: number): number {
    // Rounding may have it a little too late otherwise.
    if (this.#idleSince !== null) return Math.floor(this.#idleSince + (due - this.#value)) - 1;
    let earliest = Infinity;
    for (let i = 0; i < this.#heardAt.length; i++) {
      if (this.#heardAt[i]! < earliest && this.#heardAt[i] !== IDLE) earliest = this.#heardAt[i]!;
    }
    return Math.floor(earliest + this.#timing.idleAfterMs);
  }

  raise(to: number): void {
    if (to <= this.value) return;
    // From here it goes on with the clock, if it does.
    if (this.#idleSince !== null) this.#idleSince = this.#timing.tickClock;
    this.#value = to;
  }

  /** It goes with the clock no longer. */
  #stay(): void {
    this.#value = this.value;
    this.#idleSince = null;
  }
}
