import { secondOf, SecondWheel } from '@seawall/windows';
import { wholeSecond } from './whole-second.ts';

/** Where a device belongs, and how long it may be silent. */
export interface WatchedPlace {
  readonly group: string;
  readonly allowedMs: number;
}

/** Devices that share an alert. */
export interface WatchedGroup {
  readonly key: string;
  /** How many are watched, the silent ones among them. */
  readonly watched: number;
  /** How many are silent. */
  readonly silent: number;
}

class Group implements WatchedGroup {
  readonly key: string;
  watched = 0;
  /** Most groups never need it. */
  silentMembers: Set<number> | null = null;

  constructor(key: string) {
    this.key = key;
  }

  get silent(): number {
    return this.silentMembers?.size ?? 0;
  }
}

/** When somebody was last heard, on the running clock and by the journal's stamps. */
export interface Moment {
  readonly clock: number;
  readonly stamp: number;
}

interface Moved {
  readonly left?: WatchedGroup;
  readonly joined?: WatchedGroup;
  /** It was silent, and may be so for longer now. */
  readonly isForgiven?: boolean;
}

/** Plain data, a column each. */
export interface AbsenceWatchState {
  readonly names: readonly string[];
  /** NaN: never. */
  readonly heardAt: Float64Array;
  readonly heardStamp: Float64Array;
  /** NaN: not watched. */
  readonly allowedMs: Float64Array;
  /** The place of the group in `groups`. */
  readonly group: Uint32Array;
  readonly silent: Uint8Array;
  /** Whether it was given time since it was last heard, because the hub stood still. Not there in states of before. */
  readonly spared?: Uint8Array;
  readonly groups: readonly string[];
}

const NEVER = NaN;
const UNWATCHED = NaN;

/**
 * Who was last heard when, and who is silent for longer than allowed. Silence is found out at ticks, to the second; a
 * device that is heard moves in the wheel only when its old turn comes.
 */
export class AbsenceWatch {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** By member. */
  readonly #heardAt: number[] = [];
  readonly #heardStamp: number[] = [];
  readonly #allowedMs: number[] = [];
  readonly #groupOf: Group[] = [];
  readonly #silent: boolean[] = [];
  readonly #spared: boolean[] = [];
  /** The second at which its turn comes in the wheel; other turns it had are void. */
  readonly #turn: number[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #wheel = new SecondWheel<number>();

  constructor(saved?: AbsenceWatchState) {
    saved?.names.forEach((name, i) => {
      const place = { group: saved.groups[saved.group[i]!]!, allowedMs: saved.allowedMs[i]! };
      const member = this.#join(name, place, { clock: saved.heardAt[i]!, stamp: saved.heardStamp[i]! });
      if (saved.silent[i] === 1) this.#fallSilent(member);
      this.#spared[member] = saved.spared?.[i] === 1;
    });
  }

  find(device: string): number | undefined {
    return this.#numbers.get(device);
  }

  /** A device that is not yet heard; it is watched from then on, or from `heard` if that is given. */
  join(device: string, place: WatchedPlace | null, heard?: Moment): number {
    return this.#join(device, place ?? { group: '', allowedMs: UNWATCHED }, heard);
  }

  /** @returns its group, should it have been silent */
  heard(member: number, { clock, stamp }: Moment): WatchedGroup | undefined {
    const isNew = !this.#isWatched(member);
    this.#heardAt[member] = clock;
    this.#heardStamp[member] = stamp;
    this.#spared[member] = false;
    if (isNew) this.#enter(member);
    if (this.#silent[member] !== true) return undefined;
    this.#ceaseSilence(member);
    this.#takeTurn(member);
    return this.#groupOf[member];
  }

  /**
   * A device has another place, or none any more. One that was not watched is counted from now, but one that was never
   * heard only if it is `described`.
   * @returns the group it has left, and the one it is in if anything may have changed there
   */
  move(member: number, place: WatchedPlace | null, now: Moment, described: boolean): Moved {
    const wasWatched = this.#isWatched(member);
    const before = this.#groupOf[member]!;
    const wasSilent = this.#silent[member]!;
    if (wasWatched) this.#leave(member);
    this.#allowedMs[member] = place?.allowedMs ?? UNWATCHED;
    if (place === null) return wasWatched ? { left: before } : {};
    const after = this.#group(place.group);
    this.#groupOf[member] = after;
    if (Number.isNaN(this.#heardAt[member]!) && !described) return {};
    if (!wasWatched) {
      this.#heardAt[member] = now.clock;
      this.#heardStamp[member] = now.stamp;
      this.#spared[member] = false;
    }
    this.#enter(member);
    if (wasSilent && this.#isDue(member, now.clock)) this.#fallSilent(member);
    if (before === after && wasSilent && !this.#silent[member]) return { left: before, isForgiven: true };
    return before === after || !wasWatched ? { joined: after } : { left: before, joined: after };
  }

  /**
   * The hub was down until now: whoever is not silent yet does not become so before it has had the time to be heard again.
   * @param timeFor how long that is for a device, ms
   */
  giveTime(clock: number, timeFor: (device: string) => number): void {
    for (let member = 0; member < this.#names.length; member++) this.#giveTime(member, clock, timeFor);
  }

  /** The hub stood still until now: as `giveTime`, but once until it is heard, or a hub that stumbles would never tell. */
  giveTimeOnce(clock: number, timeFor: (device: string) => number): void {
    for (let member = 0; member < this.#names.length; member++) {
      if (this.#spared[member] !== true) this.#spared[member] = this.#giveTime(member, clock, timeFor);
    }
  }

  /** @returns whether that has made a difference */
  #giveTime(member: number, clock: number, timeFor: (device: string) => number): boolean {
    if (!this.#isWatched(member) || this.#silent[member] === true) return false;
    const least = clock + timeFor(this.#names[member]!) - this.#allowedMs[member]!;
    if (!(least > this.#heardAt[member]!)) return false;
    this.#heardAt[member] = least;
    return true;
  }

  /** Finds out who has become silent by a tick. @returns the groups that have */
  tick(clock: number): Set<WatchedGroup> {
    const changed = new Set<WatchedGroup>();
    const now = secondOf(clock);
    for (const member of this.#wheel.take(now)) {
      if (this.#turn[member]! > now || this.#silent[member] === true || !this.#isWatched(member)) continue;
      this.#turn[member] = Infinity;
      if (this.#isDue(member, clock)) {
        this.#fallSilent(member);
        changed.add(this.#groupOf[member]!);
      } else this.#takeTurn(member);
    }
    return changed;
  }

  group(key: string): WatchedGroup {
    return this.#group(key);
  }

  /**
   * The stamp since which more than so many of a group have been silent.
   * @param above less than the group's silent ones
   */
  silentSince({ key }: WatchedGroup, above: number): number {
    const since = this.#silentMembers(key).map((member) => this.#heardStamp[member]!);
    return since.sort((a, b) => a - b)[above]!;
  }

  /** The names of those silent, in order. */
  silentNames({ key }: WatchedGroup): string[] {
    return this.#silentMembers(key)
      .map((member) => this.#names[member]!)
      .sort();
  }

  save(): AbsenceWatchState {
    const groups = [...this.#groups.keys()];
    const places = new Map(groups.map((key, i) => [key, i]));
    return {
      names: [...this.#names],
      heardAt: Float64Array.from(this.#heardAt),
      heardStamp: Float64Array.from(this.#heardStamp),
      allowedMs: Float64Array.from(this.#allowedMs),
      group: Uint32Array.from(this.#groupOf, ({ key }) => places.get(key)!),
      silent: Uint8Array.from(this.#silent, Number),
      spared: Uint8Array.from(this.#spared, Number),
      groups,
    };
  }

  #join(device: string, place: WatchedPlace, heard: Moment = { clock: NEVER, stamp: NEVER }): number {
    const member = this.#names.push(device) - 1;
    this.#numbers.set(device, member);
    this.#heardAt.push(heard.clock);
    this.#heardStamp.push(heard.stamp);
    this.#allowedMs.push(place.allowedMs);
    this.#groupOf.push(this.#group(place.group));
    this.#silent.push(false);
    this.#spared.push(false);
    this.#turn.push(Infinity);
    this.#enter(member);
    return member;
  }

  #enter(member: number): void {
    if (!this.#isWatched(member)) return;
    const group = this.#groupOf[member]!;
    group.watched++;
    this.#takeTurn(member);
  }

  #leave(member: number): void {
    this.#groupOf[member]!.watched--;
    if (this.#silent[member] === true) this.#ceaseSilence(member);
    this.#turn[member] = Infinity;
  }

  #fallSilent(member: number): void {
    const group = this.#groupOf[member]!;
    (group.silentMembers ??= new Set()).add(member);
    this.#silent[member] = true;
    this.#turn[member] = Infinity;
  }

  #ceaseSilence(member: number): void {
    this.#groupOf[member]!.silentMembers!.delete(member);
    this.#silent[member] = false;
  }

  #isWatched(member: number): boolean {
    return !Number.isNaN(this.#heardAt[member]!) && !Number.isNaN(this.#allowedMs[member]!);
  }

  #isDue(member: number, clock: number): boolean {
    return wholeSecond(clock) > this.#heardAt[member]! + this.#allowedMs[member]!;
  }

  /** Has it looked at when it could be silent for longer than allowed; once it has a turn before, that comes first. */
  #takeTurn(member: number): void {
    const due = Math.ceil((this.#heardAt[member]! + this.#allowedMs[member]! + 1) / 1000);
    if (due < this.#turn[member]!) {
      this.#turn[member] = due;
      this.#wheel.add(due, member);
    }
  }

  #silentMembers(key: string): number[] {
    return [...(this.#groups.get(key)?.silentMembers ?? [])];
  }

  #group(key: string): Group {
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new Group(key)));
    return group;
  }
}
