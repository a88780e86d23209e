/** One series of a scope, as the watermark sees it. */
export interface MemberState {
  /** The greatest event time it has sent; -Infinity before its first reading. Epoch ms. */
  newest: number;
  /** When it last sent a reading that counted, on the running clock. */
  heardAt: number;
  idle: boolean;
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

/**
 * The event time up to which a scope's readings are taken to be complete: the least, over members that are not idle,
 * of the greatest event time less the delay. While every member is idle it moves with the running clock, which is the
 * journal's stamps without the hub's own downtime. It never decreases.
 */
export class Watermark {
  readonly members: MemberState[] = [];
  readonly #options: WatermarkOptions;
  #value: number;
  #idleSince: number | null;
  #idleFrom: number;
  /** The least `newest` of active members when last looked at; a member ahead of it can't be the one that holds back. */
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

  /** A new member counts as idle until it is heard. @returns its number */
  join(member: MemberState = { newest: -Infinity, heardAt: 0, idle: true }): number {
    this.#stale = true;
    return this.members.push(member) - 1;
  }

  /** Readings of a member counted, the newest of them at `newest`. Takes effect with `settle` or `tick`. */
  heard(member: number, newest: number, clock: number): void {
    const state = this.members[member]!;
    if (state.idle || (newest > state.newest && state.newest <= this.#least)) this.#stale = true;
    if (newest > state.newest) state.newest = newest;
    state.heardAt = clock;
    state.idle = false;
    this.#idleSince = null;
  }

  /** Moves the watermark to where the readings heard have brought it. */
  settle(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#least = Infinity;
    for (const member of this.members) {
      if (!member.idle && member.newest < this.#least) this.#least = member.newest;
    }
    if (this.#least !== Infinity) this.raise(this.#least - this.#options.delayMs);
  }

  /** A tick: finds out who has become idle, and moves the watermark with the clock if everybody is. */
  tick(clock: number): void {
    let active = 0;
    for (const member of this.members) {
      if (!member.idle && clock - member.heardAt >= this.#options.idleAfterMs) {
        member.idle = true;
        this.#stale = true;
      }
      if (!member.idle) active++;
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
