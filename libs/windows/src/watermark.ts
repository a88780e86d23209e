/** One series of a scope, as the watermark sees it. */
export interface MemberState {
  /** The greatest event time it has sent; -Infinity before its first reading. Epoch ms. */
  readonly newest: number;
  /** When it last sent a reading that counted, on the running clock; -Infinity while it is idle. */
  readonly heardAt: number;
}

/** A watermark as plain data. */
export interface WatermarkState {
  readonly value: number;
  /** Since when, on the running clock, every member is idle; null while one is active. */
  readonly idleSince: number | null;
  /** Where the watermark stood at that moment. */
  readonly idleFrom: number;
}

export interface WatermarkOptions {
  /** How much later than a younger reading an older one may come. */
  readonly delayMs: number;
  /** A member that is silent for so long no longer holds the watermark back. */
  readonly idleAfterMs: number;
}

const IDLE = -Infinity;

/**
 * The event time up to which a scope's readings are taken to be complete: the least, over members that are not idle,
 * of the greatest event time less the delay. While every member is idle it moves with the running clock, which is the
 * journal's stamps without the hub's own downtime. It never decreases.
 */
export class Watermark {
  /** By member, as in `MemberState`: columns, since a scope may have very many and there may be very many scopes. */
  readonly #newest: number[] = [];
  readonly #heardAt: number[] = [];
  readonly #options: WatermarkOptions;
  #value: number;
  #idleSince: number | null;
  #idleFrom: number;
  /** The least `newest` of active members, unless stale; a member ahead of it can't be the one that holds back. */
  #least = Infinity;
  #stale = false;

  constructor(options: WatermarkOptions, state: WatermarkState = { value: -Infinity, idleSince: null, idleFrom: 0 }) {
    this.#options = options;
    this.#value = state.value;
    this.#idleSince = state.idleSince;
    this.#idleFrom = state.idleFrom;
  }

  /** Epoch ms; -Infinity before the first reading. */
  get value(): number {
    return this.#value;
  }

  save(): WatermarkState {
    return { value: this.#value, idleSince: this.#idleSince, idleFrom: this.#idleFrom };
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
    const now = Math.max(newest, before);
    if (this.#heardAt[member] === IDLE) {
      // One that joins ahead of the others leaves their least as it is.
      if (now < this.#least) this.#stale = true;
    } else if (now > before && before <= this.#least) this.#stale = true;
    this.#newest[member] = now;
    this.#heardAt[member] = clock;
    this.#idleSince = null;
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
    if (least !== Infinity) this.raise(least - this.#options.delayMs);
  }

  /** A tick: finds out who has become idle, and moves the watermark with the clock if everybody is. */
  tick(clock: number): void {
    const silentSince = clock - this.#options.idleAfterMs;
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
    else this.#follow(clock);
  }

  raise(to: number): void {
    if (to > this.#value) this.#value = to;
  }

  #follow(clock: number): void {
    if (this.#idleSince === null) {
      this.#idleSince = clock;
      this.#idleFrom = this.#value;
    }
    this.raise(this.#idleFrom + (clock - this.#idleSince));
  }
}
