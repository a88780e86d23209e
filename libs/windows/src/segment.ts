import { LEAST_CAPACITY, NO_PAGE, type ColumnPages, type Columns, type Page } from './column-pages.ts';

/** Readings are held by the minute, whatever the windows: what is summed up together is the same for all who ask. */
export const SEGMENT_MS = 60_000;

/** Readings that a segment has room for from the beginning, at most. */
export const MOST_EXPECTED = 4096;
/** From so many readings on a segment is grown to what will come by their pace, though not to more times as many than this. */
const ENOUGH_TO_TELL = 4;
const MOST_TIMES = 16;
const NO_MEMBERS = new Uint32Array(0);
const NO_MARKS = new Uint8Array(0);

/** Readings, or what was made of them, in the order of event time: the rows `[from, to)` of a page. */
export interface Rows {
  readonly page: Page;
  readonly from: number;
  readonly to: number;
}

/** Who knows the place of each member in the order of series. */
export interface Ranking {
  ranks(): Uint32Array;
}

/**
 * The readings of a scope in one minute of event time, in columns and in the order of acceptance until `settle` brings
 * them into the order of event time, then series. As long as they come in order there is nothing to settle.
 */
export class Segment implements Rows, Columns {
  page = NO_PAGE;
  from = 0;
  capacity = 0;
  length = 0;
  /** Which of all minutes it is: a small whole number, which an object holds in itself. */
  #minute = 0;
  /** How many repeated readings settling has dropped. */
  dropped = 0;
  /** Those its readings end, if they were asked for and are still right. */
  increases: Rows | null = null;
  readonly #pages: ColumnPages;
  /** The mark of all readings as long as there are no marks of each. */
  #mark = 0;
  #marks = NO_MARKS;
  /** Which member of the scope each reading is from; empty as long as all are from member 0, as they are in most scopes. */
  #members = NO_MEMBERS;
  #settled = true;

  /** @param capacity a power of 2 */
  constructor(pages: ColumnPages, capacity: number) {
    this.#pages = pages;
    pages.take(this, capacity);
  }

  /** It is to hold a minute's readings from now on, and none of those it has. @param start of it, epoch ms */
  begin(start: number): void {
    this.#minute = (start / SEGMENT_MS) | 0;
    this.length = this.dropped = this.#mark = 0;
    this.increases = null;
    this.#marks = NO_MARKS;
    this.#members = NO_MEMBERS;
    this.#settled = true;
  }

  /** `[start, end)`, epoch ms. */
  get start(): number {
    return this.#minute * SEGMENT_MS;
  }

  get end(): number {
    return (this.#minute + 1) * SEGMENT_MS;
  }

  get to(): number {
    return this.from + this.length;
  }

  /** The mark that all readings have; undefined if they differ. */
  get mark(): number | undefined {
    return this.#marks === NO_MARKS ? this.#mark : undefined;
  }

  /** Readings of a scope's only member, with the mark that all have, were written behind the others, if there are any. */
  lengthen(by: number, mark: number): void {
    if (this.length === 0) this.#mark = mark;
    this.length += by;
    this.increases = null;
  }

  /** @param ranking of the members; asked only when settling makes room */
  append(time: number, value: number, member: number, mark: number, ranking: Ranking): void {
    if (this.length === this.capacity) this.#makeRoom(ranking);
    const at = this.length++;
    const { page, from } = this;
    if (at > 0 && time <= page.time[from + at - 1]!) this.#settled = false;
    page.time[from + at] = time;
    page.value[from + at] = value;
    if (member !== 0 && this.#members === NO_MEMBERS) this.#members = new Uint32Array(this.capacity);
    if (this.#members !== NO_MEMBERS) this.#members[at] = member;
    if (mark !== this.#mark || this.#marks !== NO_MARKS) this.#appendMark(at, mark);
  }

  /** Looks at it from end to end. @returns nothing that means anything */
  peek(): number {
    return this.length + this.#members.length;
  }

  /** How many readings there will be by the end of the minute if they go on as they have begun; 0 before that can be told. */
  get expected(): number {
    const { page, from, to, length, end } = this;
    if (length < ENOUGH_TO_TELL) return 0;
    const [first, last] = [page.time[from]!, page.time[to - 1]!];
    // Between them is one stretch less than there are readings.
    return 1 + (length - 1) * ((end - first) / Math.max(last - first, 1));
  }

  /** Which member of the scope the reading in a row is from. */
  memberIn(row: number): number {
    return this.#members === NO_MEMBERS ? 0 : this.#members[row - this.from]!;
  }

  /** The member of each reading; empty if all are from member 0. */
  members(): Uint32Array {
    return this.#members.subarray(0, this.length);
  }

  /** The greatest mark of the readings in the rows `[from, to)`. */
  markOf(from: number, to: number): number {
    if (this.#marks === NO_MARKS) return this.#mark;
    let greatest = 0;
    for (let row = from; row < to; row++) greatest = Math.max(greatest, this.#marks[row - this.from]!);
    return greatest;
  }

  /** The mark of each reading, or one that all have. */
  marks(): ArrayLike<number> {
    return this.#marks === NO_MARKS ? [this.#mark] : this.#marks.subarray(0, this.length);
  }

  /** Brings the readings into order and drops all but the last accepted of those with one series and event time. */
  settle(ranking: Ranking): void {
    if (this.#settled) return;
    const time = this.page.time.subarray(this.from, this.to);
    const alone = this.#members === NO_MEMBERS;
    const rank = alone ? null : ranking.ranks();
    const rankOf = (at: number) => (rank === null ? 0 : rank[this.#members[at]!]!);
    const order = Array.from({ length: this.length }, (_, at) => at);
    order.sort((a, b) => time[a]! - time[b]! || rankOf(a) - rankOf(b) || a - b);
    const kept = order.filter((at, i) => {
      const next = order[i + 1];
      if (next === undefined || time[next] !== time[at] || rankOf(next) !== rankOf(at)) return true;
      // What came live once has come live, whoever sends it again.
      if (this.#marks !== NO_MARKS) this.#marks[next] = Math.max(this.#marks[next]!, this.#marks[at]!);
      return false;
    });
    this.dropped += this.length - kept.length;
    this.#keep(kept);
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

  #keep(kept: readonly number[]): void {
    const { page, from } = this;
    for (const column of [page.time, page.value]) {
      column.set(
        kept.map((at) => column[from + at]!),
        from,
      );
    }
    if (this.#members !== NO_MEMBERS) this.#members.set(kept.map((at) => this.#members[at]!));
    if (this.#marks !== NO_MARKS) this.#marks.set(kept.map((at) => this.#marks[at]!));
    this.length = kept.length;
  }

  /** Repeated deliveries may fill the columns with what settling would drop, so that is tried before growing. */
  #makeRoom(ranking: Ranking): void {
    if (!this.#settled) this.settle(ranking);
    if (this.length * 2 > this.capacity) this.#grow();
  }

  /** To twice as many, or as many as there will be if they go on as they have begun. */
  #grow(): void {
    const { page, from, to, capacity } = this;
    this.#pages.take(this, Math.max(capacity * 2, Math.min(capacity * MOST_TIMES, capacityFor(this.expected))));
    // Row by row: most columns grow while they are short, when to make views of them would take longer.
    for (let row = from; row < to; row++) {
      this.page.time[this.from + row - from] = page.time[row]!;
      this.page.value[this.from + row - from] = page.value[row]!;
    }
    this.#pages.give({ page, from, capacity });
    if (this.#members !== NO_MEMBERS) this.#members = grown(this.#members, new Uint32Array(this.capacity));
    if (this.#marks !== NO_MARKS) this.#marks = grown(this.#marks, new Uint8Array(this.capacity));
  }
}

/** The least power of 2 that holds as many readings. */
export function capacityFor(expected: number): number {
  let capacity = LEAST_CAPACITY;
  while (capacity < expected && capacity < MOST_EXPECTED) capacity *= 2;
  return capacity;
}

function grown<T extends Uint32Array | Uint8Array>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}

/** The first row that is not before an event time, of rows in order. */
export function rowFrom({ page: { time }, from, to }: Rows, eventTime: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time[middle]! < eventTime) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the first segment that ends after an event time, of segments in order. */
export function segmentFrom(segments: readonly Segment[], eventTime: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.end <= eventTime) low = middle + 1;
    else high = middle;
  }
  return low;
}
