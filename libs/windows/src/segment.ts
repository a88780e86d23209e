import { LEAST_CAPACITY, type ColumnPages, type Columns } from './column-pages.ts';

/** Readings are held by the minute, whatever the windows: what is summed up together is the same for all who ask. */
export const SEGMENT_MS = 60_000;

const MOST_EXPECTED = 4096;
const NO_MEMBERS = new Uint32Array(0);
const NO_MARKS = new Uint8Array(0);
const NO_PAGE = new Float64Array(0);

/** Readings, or what was made of them, in the order of event time. */
export interface Rows {
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly length: number;
}

/**
 * The readings of a scope in one minute of event time, in columns and in the order of acceptance until `settle` brings
 * them into the order of event time, then series. As long as they come in order there is nothing to settle.
 */
export class Segment implements Rows, Columns {
  page = NO_PAGE;
  at = 0;
  capacity = 0;
  length = 0;
  /** `[start, end)`, epoch ms. */
  readonly start: number;
  readonly end: number;
  /** Which member of the scope each reading is from; empty as long as all are from member 0, as they are in most scopes. */
  member = NO_MEMBERS;
  /** How many repeated readings settling has dropped. */
  dropped = 0;
  /** Those its readings end, if they were asked for and are still right. */
  increases: Rows | null = null;
  readonly #pages: ColumnPages;
  /** The mark of all readings as long as there are no marks of each. */
  #mark = 0;
  #marks = NO_MARKS;
  #settled = true;
  #time: Float64Array | null = null;
  #value: Float64Array | null = null;

  /** @param expected about how many readings */
  constructor(start: number, pages: ColumnPages, expected: number) {
    this.start = start;
    this.end = start + SEGMENT_MS;
    this.#pages = pages;
    let capacity = LEAST_CAPACITY;
    while (capacity < expected && capacity < MOST_EXPECTED) capacity *= 2;
    pages.take(this, capacity);
  }

  /** At least as long as there are readings. */
  get time(): Float64Array {
    this.#time ??= this.page.subarray(this.at, this.at + this.capacity);
    return this.#time;
  }

  /** At least as long as there are readings. */
  get value(): Float64Array {
    this.#value ??= this.page.subarray(this.at + this.capacity, this.at + this.capacity * 2);
    return this.#value;
  }

  /** The mark that all readings have; undefined if they differ. */
  get mark(): number | undefined {
    return this.#marks === NO_MARKS ? this.#mark : undefined;
  }

  /** Readings of a scope's only member, with the mark that all have, were written behind the others. */
  lengthen(length: number): void {
    this.length = length;
    this.increases = null;
  }

  /** @param ranks gives the place of each member in the order of series; asked only when settling makes room */
  append(time: number, value: number, member: number, mark: number, ranks: () => Uint32Array): void {
    if (this.length === this.capacity) this.#makeRoom(ranks);
    const row = this.length++;
    if (row > 0 && time <= this.page[this.at + row - 1]!) this.#settled = false;
    this.page[this.at + row] = time;
    this.page[this.at + this.capacity + row] = value;
    if (member !== 0 && this.member === NO_MEMBERS) this.member = new Uint32Array(this.capacity);
    if (this.member !== NO_MEMBERS) this.member[row] = member;
    if (mark !== this.#mark || this.#marks !== NO_MARKS) this.#appendMark(row, mark);
  }

  /** Lets its columns go; nothing may be asked of it any more. */
  free(): void {
    this.#pages.give(this);
  }

  /** The greatest mark of the readings in the rows `[from, to)`. */
  markOf(from: number, to: number): number {
    if (this.#marks === NO_MARKS) return this.#mark;
    let greatest = 0;
    for (let i = from; i < to; i++) if (this.#marks[i]! > greatest) greatest = this.#marks[i]!;
    return greatest;
  }

  /** The mark of each reading, or one that all have. */
  marks(): ArrayLike<number> {
    return this.#marks === NO_MARKS ? [this.#mark] : this.#marks.subarray(0, this.length);
  }

  /** Brings the readings into order and drops all but the last accepted of those with one series and event time. */
  settle(ranks: () => Uint32Array): void {
    if (this.#settled) return;
    const { time } = this;
    const alone = this.member === NO_MEMBERS;
    const rank = alone ? null : ranks();
    const rankOf = (row: number) => (rank === null ? 0 : rank[this.member[row]!]!);
    const order = Array.from({ length: this.length }, (_, i) => i);
    order.sort((a, b) => time[a]! - time[b]! || rankOf(a) - rankOf(b) || a - b);
    const kept = order.filter((row, i) => {
      const next = order[i + 1];
      if (next === undefined || time[next] !== time[row] || rankOf(next) !== rankOf(row)) return true;
      // What came live once has come live, whoever sends it again.
      if (this.#marks !== NO_MARKS) this.#marks[next] = Math.max(this.#marks[next]!, this.#marks[row]!);
      return false;
    });
    this.dropped += this.length - kept.length;
    this.#take(kept);
    this.#settled = true;
  }

  #appendMark(at: number, mark: number): void {
    if (at === 0) {
      this.#mark = mark;
      return;
    }
    if (this.#marks === NO_MARKS) this.#marks = new Uint8Array(this.capacity).fill(this.#mark);
    this.#marks[at] = mark;
  }

  #take(rows: readonly number[]): void {
    const { time, value } = this;
    time.set(rows.map((row) => time[row]!));
    value.set(rows.map((row) => value[row]!));
    if (this.member !== NO_MEMBERS) this.member.set(rows.map((row) => this.member[row]!));
    if (this.#marks !== NO_MARKS) this.#marks.set(rows.map((row) => this.#marks[row]!));
    this.length = rows.length;
  }

  /** Repeated deliveries may fill the columns with what settling would drop, so that is tried before growing. */
  #makeRoom(ranks: () => Uint32Array): void {
    if (!this.#settled) this.settle(ranks);
    if (this.length * 2 > this.capacity) this.#grow();
  }

  #grow(): void {
    const former: Columns = { page: this.page, at: this.at, capacity: this.capacity };
    const { time, value } = this;
    this.#pages.take(this, former.capacity * 2);
    this.#time = this.#value = null;
    this.time.set(time);
    this.value.set(value);
    this.#pages.give(former);
    if (this.member !== NO_MEMBERS) this.member = grown(this.member, new Uint32Array(this.capacity));
    if (this.#marks !== NO_MARKS) this.#marks = grown(this.#marks, new Uint8Array(this.capacity));
  }
}

function grown<T extends Uint32Array | Uint8Array>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}

/** The first row that is not before an event time, of rows in order. */
export function rowFrom({ time, length }: Rows, eventTime: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time[middle]! < eventTime) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the first segment that ends after an event time, of segments in order. */
export function segmentFrom(segments: readonly Segment[], eventTime: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.end <= eventTime) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The segment of an event time among those in order; put in if it is new.
 * @param expected about how many readings a new one will hold
 */
export function segmentIn(segments: Segment[], eventTime: number, pages: ColumnPages, expected: number): Segment {
  const start = Math.floor(eventTime / SEGMENT_MS) * SEGMENT_MS;
  let i = segments.length;
  // What is asked for is nearly always among the last.
  while (i > 0 && segments[i - 1]!.start > start) i--;
  const found = segments[i - 1];
  if (found?.start === start) return found;
  const segment = new Segment(start, pages, expected);
  if (i === segments.length) segments.push(segment);
  else segments.splice(i, 0, segment);
  return segment;
}
