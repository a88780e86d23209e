import { ScopeNumbers } from './scope-numbers.ts';

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

/** Where it stood when it was last moved. */
const VALUE = 0;
/** NaN while a member is active. */
const IDLE_SINCE = 1;
/** The least `newest` of active members, unless stale; a member ahead of it can't be the one that holds back. */
const LEAST = 2;
/** 1 if it is to be found again. */
const STALE = 3;
/** Of the first member. */
const NEWEST = 4;
const HEARD_AT = 5;
const WIDTH = 6;

interface OtherMembers {
  readonly newest: number[];
  readonly heardAt: number[];
}

/**
 * The event time up to which a scope's readings are taken to be complete: the least, over members that are not idle,
 * of the greatest event time less the delay. While every member is idle it moves with the running clock, tick by tick,
 * which is the journal's stamps without the hub's own downtime. It never decreases.
 */
export class Watermark {
  readonly #timing: WatermarkTiming;
  readonly #all: ScopeNumbers;
  /** Where its numbers are. */
  readonly #at: number;
  #members = 0;
  /** Of the members after the first, as in `MemberState`: most scopes have one, and some very many. */
  #others: OtherMembers | null = null;

  /** @param all where it has its numbers */
  constructor(
    timing: WatermarkTiming,
    { value, idleSince }: WatermarkState = { value: -Infinity, idleSince: null },
    all = new ScopeNumbers(),
  ) {
    this.#timing = timing;
    this.#all = all;
    this.#at = all.take(WIDTH);
    this.#set(VALUE, value);
    this.#set(IDLE_SINCE, idleSince ?? NaN);
    this.#set(LEAST, Infinity);
  }

  /** Epoch ms; -Infinity before the first reading. */
  get value(): number {
    const idleSince = this.#get(IDLE_SINCE);
    return Number.isNaN(idleSince) ? this.#get(VALUE) : this.at(this.#timing.tickClock);
  }

  /** The value as it was at a tick before, since which nothing has been heard. @param clock of that tick */
  at(clock: number): number {
    const value = this.#get(VALUE);
    const idleSince = this.#get(IDLE_SINCE);
    return Number.isNaN(idleSince) ? value : value + (clock - idleSince);
  }

  /** How many have joined. */
  get members(): number {
    return this.#members;
  }

  save(): WatermarkState {
    const idleSince = this.#get(IDLE_SINCE);
    return { value: this.#get(VALUE), idleSince: Number.isNaN(idleSince) ? null : idleSince };
  }

  /** The greatest event time of a member; -Infinity while it is idle. */
  newestActive(member: number): number {
    return this.heardAt(member) === IDLE ? -Infinity : this.#newest(member);
  }

  /** When a member last sent a reading that counted, on the running clock; -Infinity while it is idle. */
  heardAt(member: number): number {
    return member === 0 ? this.#get(HEARD_AT) : this.#others!.heardAt[member - 1]!;
  }

  saveMember(member: number): MemberState {
    return { newest: this.#newest(member), heardAt: this.heardAt(member) };
  }

  /** A new member counts as idle until it is heard. @returns its number */
  join({ newest, heardAt }: MemberState = { newest: -Infinity, heardAt: IDLE }): number {
    if (heardAt !== IDLE) this.#set(STALE, 1);
    const member = this.#members++;
    if (member > 0) this.#others ??= { newest: [], heardAt: [] };
    this.#note(member, newest, heardAt);
    return member;
  }

  /** Readings of a member counted, the newest of them at `newest`. Takes effect with `settle` or `tick`. */
  heard(member: number, newest: number, clock: number): void {
    const before = this.#newest(member);
    const now = newest > before ? newest : before;
    const least = this.#get(LEAST);
    // One that joins ahead of the others leaves their least as it is.
    if (this.heardAt(member) === IDLE ? now < least : now > before && before <= least) this.#set(STALE, 1);
    this.#note(member, now, clock);
    if (!Number.isNaN(this.#get(IDLE_SINCE))) this.#stay();
  }

  /** Moves the watermark to where the readings heard have brought it. */
  settle(): void {
    if (this.#get(STALE) === 0) return;
    this.#set(STALE, 0);
    let least = Infinity;
    for (let i = 0; i < this.#members; i++) {
      const newest = this.#newest(i);
      if (newest < least && this.heardAt(i) !== IDLE) least = newest;
    }
    this.#set(LEAST, least);
    if (least !== Infinity) this.raise(least - this.#timing.delayMs);
  }

  /** At a tick: finds out who has become idle, and lets the watermark go with the clock if everybody is. */
  tick(): void {
    const { tickClock, idleAfterMs } = this.#timing;
    const silentSince = tickClock - idleAfterMs;
    let active = 0;
    for (let i = 0; i < this.#members; i++) {
      const heardAt = this.heardAt(i);
      if (heardAt === IDLE) continue;
      if (heardAt > silentSince) active++;
      else {
        this.#note(i, this.#newest(i), IDLE);
        this.#set(STALE, 1);
      }
    }
    if (active > 0 || this.#get(VALUE) === -Infinity) this.settle();
    else if (Number.isNaN(this.#get(IDLE_SINCE))) this.#set(IDLE_SINCE, tickClock);
  }

  /**
   * The running clock before which no tick brings anything about, as far as is known now: nobody becomes idle, nor does
   * the watermark reach `due` with the clock.
   */
  sleepsUntil(due: number): number {
    const idleSince = this.#get(IDLE_SINCE);
    // Rounding may have it a little too late otherwise.
    if (!Number.isNaN(idleSince)) return Math.floor(idleSince + (due - this.#get(VALUE))) - 1;
    let earliest = Infinity;
    for (let i = 0; i < this.#members; i++) {
      const heardAt = this.heardAt(i);
      if (heardAt < earliest && heardAt !== IDLE) earliest = heardAt;
    }
    return Math.floor(earliest + this.#timing.idleAfterMs);
  }

  raise(to: number): void {
    if (to <= this.value) return;
    // From here it goes on with the clock, if it does.
    if (!Number.isNaN(this.#get(IDLE_SINCE))) this.#set(IDLE_SINCE, this.#timing.tickClock);
    this.#set(VALUE, to);
  }

  /** It goes with the clock no longer. */
  #stay(): void {
    this.#set(VALUE, this.value);
    this.#set(IDLE_SINCE, NaN);
  }

  #newest(member: number): number {
    return member === 0 ? this.#get(NEWEST) : this.#others!.newest[member - 1]!;
  }

  #note(member: number, newest: number, heardAt: number): void {
    if (member === 0) {
      this.#set(NEWEST, newest);
      this.#set(HEARD_AT, heardAt);
    } else {
      this.#others!.newest[member - 1] = newest;
      this.#others!.heardAt[member - 1] = heardAt;
    }
  }

  #get(which: number): number {
    return this.#all.numbers[this.#at + which]!;
  }

  #set(which: number, to: number): void {
    this.#all.numbers[this.#at + which] = to;
  }
}
