import type { Aggregate, PartialAggregate } from './aggregates/index.ts';
import type { ClosedSlices } from './closed-slices.ts';
import { GivenWindows } from './given-windows.ts';
import { increasesIn, type LastReadings } from './increases.ts';
import type { Lanes } from './lanes.ts';
import type { ScopeNumbers } from './scope-numbers.ts';
import type { SegmentPool } from './segment-pool.ts';
import { rowFrom, SEGMENT_MS, type Ranking, type Segment } from './segment.ts';
import type { MemberState, Watermark } from './watermark.ts';

/** From here on a map finds a member's number faster than a look along the list. */
const FEW_MEMBERS = 8;

/** Stands for a number nobody has asked for. */
const UNNUMBERED = -1;
/** What all scopes have in place of a list of their own as long as that is empty. */
const NOTHING: never[] = [];

const NEXT_START = 0;
const VIEW_DUE = 1;
const VIEW_OLDEST = 2;
const VIEW_WIDTH = 3;

const FLOOR = 0;
const OLDEST = 1;
const DUE = 2;
const WAKE_AT = 3;
const SCOPE_WIDTH = 4;

/** Where the scopes of a set have what they share an array for. */
export interface ScopeRoom {
  readonly lanes: Lanes;
  readonly pool: SegmentPool;
  readonly numbers: ScopeNumbers;
}

/** Of all that have none: windows that end with their segments never have any. */
const NO_SLICES: Readonly<ClosedSlices> = [];

/** What a view remembers of a scope. */
export class ScopeView {
  readonly given: GivenWindows;
  #closed: ClosedSlices | null = null;
  readonly #all: ScopeNumbers;
  readonly #at: number;

  constructor(all: ScopeNumbers) {
    this.#all = all;
    this.#at = all.take(VIEW_WIDTH);
    this.given = new GivenWindows(all);
    this.nextStart = -Infinity;
    this.due = this.oldest = Infinity;
  }

  /** What the readings came to that are held no more, as far as it is still needed. */
  get closed(): Readonly<ClosedSlices> {
    return this.#closed ?? NO_SLICES;
  }

  /** The same, to be changed. */
  get ownClosed(): ClosedSlices {
    this.#closed ??= [];
    return this.#closed;
  }

  /** Windows that begin before it have been given out, if they held anything; of sessions, those that end by it. */
  get nextStart(): number {
    return this.#all.numbers[this.#at + NEXT_START]!;
  }

  set nextStart(to: number) {
    this.#all.numbers[this.#at + NEXT_START] = to;
  }

  /** The end of the next window to be given out; Infinity while there is none. */
  get due(): number {
    return this.#all.numbers[this.#at + VIEW_DUE]!;
  }

  set due(to: number) {
    this.#all.numbers[this.#at + VIEW_DUE] = to;
  }

  /** Where its readings begin: a reading from there on can't make another window due sooner. */
  get oldest(): number {
    return this.#all.numbers[this.#at + VIEW_OLDEST]!;
  }

  set oldest(to: number) {
    this.#all.numbers[this.#at + VIEW_OLDEST] = to;
  }
}

/** The series that are windowed together, with their watermark, their readings and what the views have made of them. */
export class Scope implements Ranking {
  // What is asked for at each minute's end comes first: it lies together in memory.
  readonly key: string;
  /** Its place among the scopes of the set, by age. */
  readonly number: number;
  readonly watermark: Watermark;
  /** The readings that late ones may still come between, by minute, oldest first. */
  segments: Segment[] = NOTHING;
  /** Where the last reading went: most of the next ones go there as well. */
  segment: Segment | null = null;
  /** For the minute after that one's, while readings may pass into it. */
  #nextSegment: Segment | null = null;
  /** By the view's number; undefined for those that were dropped. */
  readonly views: (ScopeView | undefined)[];
  /** Readings in segments, those counted in that settling will drop. */
  held = 0;
  readonly #all: ScopeNumbers;
  readonly #at: number;
  readonly #lanes: Lanes;
  readonly #pool: SegmentPool;
  #late: number[] | null = null;
  /** The last input that brought readings that counted. */
  touchedBy = 0;
  /** What its members are known by in the set, as far as anybody has asked; the first apart, since most scopes have one. */
  #firstNumber = UNNUMBERED;
  #otherNumbers: number[] | null = null;
  #names: string[] = NOTHING;
  #changed: number[] | null = null;
  #last: LastReadings | null = null;
  #numbers: Map<string, number> | null = null;
  #ranks: Uint32Array | null = null;

  constructor(
    key: string,
    number: number,
    views: (ScopeView | undefined)[],
    { lanes, pool, numbers }: ScopeRoom,
    watermark: Watermark,
  ) {
    this.key = key;
    this.number = number;
    this.views = views;
    this.#lanes = lanes;
    this.#pool = pool;
    this.watermark = watermark;
    this.#all = numbers;
    this.#at = numbers.take(SCOPE_WIDTH);
    this.floor = -Infinity;
    this.oldest = this.due = this.wakeAt = Infinity;
  }

  /** No reading before it is taken in, whatever the lateness allows. */
  get floor(): number {
    return this.#all.numbers[this.#at + FLOOR]!;
  }

  set floor(to: number) {
    this.#all.numbers[this.#at + FLOOR] = to;
  }

  /** A reading before it may make a window due sooner. */
  get oldest(): number {
    return this.#all.numbers[this.#at + OLDEST]!;
  }

  set oldest(to: number) {
    this.#all.numbers[this.#at + OLDEST] = to;
  }

  /** The watermark by which there is something to give out, to close or to forget. */
  get due(): number {
    return this.#all.numbers[this.#at + DUE]!;
  }

  set due(to: number) {
    this.#all.numbers[this.#at + DUE] = to;
  }

  get wakeAt(): number {
    return this.#all.numbers[this.#at + WAKE_AT]!;
  }

  set wakeAt(to: number) {
    this.#all.numbers[this.#at + WAKE_AT] = to;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Whether it has one member. */
  get isOfOne(): boolean {
    return this.watermark.members === 1;
  }

  get hasLate(): boolean {
    return this.#late !== null && this.#late.length > 0;
  }

  /** The readings of the present input that came behind the watermark: of each its event time and its member. */
  get late(): number[] {
    this.#late ??= [];
    return this.#late;
  }

  /** The event times of the present input's readings, for those who look early. */
  get changed(): number[] {
    this.#changed ??= [];
    return this.#changed;
  }

  /** What increases are counted from; kept for views of increases alone. */
  get last(): LastReadings {
    this.#last ??= { time: [], value: [] };
    return this.#last;
  }

  /** What begins before it can't change any more. */
  horizon(allowedLatenessMs: number): number {
    const horizon = this.watermark.value - allowedLatenessMs;
    return horizon > this.floor ? horizon : this.floor;
  }

  settleAll(): void {
    for (const segment of this.segments) segment.settle(this);
  }

  /** Adds the rows `[from, to)` of a segment to a partial; for aggregates of increases, those they end. */
  add(aggregate: Aggregate, partial: PartialAggregate, at: number, from: number, to: number): void {
    const segment = this.segments[at]!;
    const { time, value } = segment.page;
    if (aggregate.ofIncreases !== true) return aggregate.add(partial, time, value, from, to);
    const [first, end] = [time[from]!, to < segment.to ? time[to]! : Infinity];
    const rows = increasesIn(this.segments, at, this.last);
    const [fromRow, toRow] = [rowFrom(rows, first), rowFrom(rows, end)];
    if (fromRow < toRow) aggregate.add(partial, rows.page.time, rows.page.value, fromRow, toRow);
  }

  /**
   * Lets the next readings pass, as long as all there is to them is to be written down: those of an only member that is
   * active, behind its newest and the watermark, into the segment of the newest or the next, that make nothing due.
   * @param delayMs of the watermark
   * @param maxHeld how many readings the scope may hold
   */
  openLane(delayMs: number, maxHeld: number): void {
    const { segment, watermark } = this;
    if (segment === null || !this.isOfOne) return;
    const newest = watermark.newestActive(0);
    const { mark, page, to, start, end } = segment;
    if (mark === undefined || newest < Math.max(start, this.oldest, watermark.value) || newest >= end) return;
    // Rounded down, since whoever stops here is looked at closely.
    const until = Math.floor(this.due + delayMs);
    const mayHold = maxHeld - this.held;
    const room = segment.capacity - segment.length;
    const lanes = this.#lanes;
    lanes.open(this.number, newest, watermark.heardAt(0), mark);
    lanes.lead(this.number, page, to, Math.min(room, mayHold), Math.min(end, until));
    if (until <= end || mayHold <= room) return;
    // The minute before, if it is still held, tells how many readings the next will bring.
    const expected = this.segments.at(-2)?.length ?? segment.expected;
    if (expected === 0) return;
    const next = this.#pool.take(end, Math.max(expected, segment.length));
    this.#nextSegment = next;
    lanes.leadOn(this.number, next.page, next.from, Math.min(next.capacity, mayHold - room), Math.min(next.end, until));
  }

  /**
   * Until when, on the running clock, no tick brings anything about: as long as readings pass nothing is due, and the only
   * member is active. -Infinity if none do.
   */
  sleepsUntil(idleAfterMs: number): number {
    return this.#lanes.isOpen(this.number) ? Math.floor(this.#lanes.heardAt(this.number) + idleAfterMs) : -Infinity;
  }

  /** Looks at what the end of a minute looks at. @returns nothing that means anything */
  peek(): number {
    let seen = this.#nextSegment?.peek() ?? 0;
    for (let i = 0; i < this.segments.length; i++) seen += this.segments[i]!.peek();
    for (let i = 0; i < this.views.length; i++) seen += this.views[i]?.given.length ?? 0;
    return seen;
  }

  /** Lets none pass any more, and takes account of those that have. */
  leaveLane(): void {
    const { segment, number } = this;
    const lanes = this.#lanes;
    if (segment === null || !lanes.close(number)) return;
    const row = lanes.rowOf(number);
    const left = lanes.leftAt(number);
    const next = this.#nextSegment;
    let passed = (left ?? row) - segment.to;
    if (passed > 0) segment.lengthen(passed, lanes.markOf(number));
    if (next !== null) {
      this.#nextSegment = null;
      if (left === undefined) this.#pool.give(next);
      else {
        next.lengthen(row - next.from, lanes.markOf(number));
        passed += next.length;
        this.#addSegment(next, this.segments.length);
      }
    }
    if (passed === 0) return;
    this.held += passed;
    this.watermark.heard(0, lanes.newestOf(number), lanes.heardAt(number));
    this.watermark.settle();
  }

  /** The number of a member by its name, given to it now if it is new. */
  memberOf(name: string): number {
    const known = this.#find(name);
    if (known !== undefined) return known;
    this.leaveLane();
    return this.#join(name);
  }

  /** What a member is known by in the set; undefined if nobody has asked. */
  numberOf(place: number): number | undefined {
    if (place > 0) return this.#otherNumbers?.[place];
    return this.#firstNumber === UNNUMBERED ? undefined : this.#firstNumber;
  }

  noteNumber(place: number, number: number): void {
    if (place === 0) this.#firstNumber = number;
    else (this.#otherNumbers ??= [])[place] = number;
  }

  /** Makes the segment of an event time the present one; a new one has room for as many readings as the last. */
  openSegment(time: number): Segment {
    const start = Math.floor(time / SEGMENT_MS) * SEGMENT_MS;
    let at = this.segments.length;
    // What is asked for is nearly always among the last.
    while (at > 0 && this.segments[at - 1]!.start > start) at--;
    const found = this.segments[at - 1];
    if (found?.start === start) return (this.segment = found);
    return this.#addSegment(this.#pool.take(start, this.segment?.length ?? 1), at);
  }

  /** Puts in a new segment, which becomes the present one. */
  #addSegment(segment: Segment, at: number): Segment {
    // To push on an empty list would make room for seventeen.
    if (this.segments === NOTHING) this.segments = [segment];
    else if (at === this.segments.length) this.segments.push(segment);
    else this.segments.splice(at, 0, segment);
    return (this.segment = segment);
  }

  restoreMember(name: string, state: MemberState): void {
    this.#join(name, state);
  }

  /** The place of each member in the order of names, so that results don't depend on who was first to send. */
  ranks(): Uint32Array {
    if (this.#ranks !== null) return this.#ranks;
    const ranks = new Uint32Array(this.names.length);
    const sorted = this.names.map((name, member) => ({ name, member }));
    sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
    sorted.forEach(({ member }, rank) => (ranks[member] = rank));
    this.#ranks = ranks;
    return ranks;
  }

  #find(name: string): number | undefined {
    if (this.#numbers !== null) return this.#numbers.get(name);
    const at = this.names.indexOf(name);
    return at === -1 ? undefined : at;
  }

  #join(name: string, state?: MemberState): number {
    if (this.#names.length === 0) this.#names = [name];
    else this.#names.push(name);
    this.#ranks = null;
    const number = this.watermark.join(state);
    if (this.#numbers !== null) this.#numbers.set(name, number);
    else if (this.names.length > FEW_MEMBERS) this.#numbers = new Map(this.names.map((each, i) => [each, i]));
    return number;
  }
}
