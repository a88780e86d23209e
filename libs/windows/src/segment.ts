/** Readings are held by the minute, whatever the windows: what is summed up together is the same for all who ask. */
export const SEGMENT_MS = 60_000;

const FIRST_CAPACITY = 8;
const LARGEST_KEPT = 4096;
const MOST_KEPT = 10_000;
const NO_MEMBERS = new Uint32Array(0);
const NO_MARKS = new Uint8Array(0);
const NONE = new Float64Array(0);
/** A lone reading is shown here; whoever looks at rows looks at one segment at a time. */
const LONE_TIME = new Float64Array(1);
const LONE_VALUE = new Float64Array(1);

/** Readings, or what was made of them, in the order of event time. */
export interface Rows {
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly length: number;
}

/**
 * The readings of a scope in one minute of event time, in columns and in the order of acceptance until `settle` brings
 * them into the order of event time, then series. As long as they come in order there is nothing to settle. One reading
 * of member 0, all that most segments of slow devices ever hold, takes no arrays.
 */
export class Segment implements Rows {
  /** `[start, end)`, epoch ms. */
  start: number;
  end: number;
  length = 0;
  /** Which member of the scope each reading is from; empty as long as all are from member 0, as they are in most scopes. */
  member = NO_MEMBERS;
  /** How many repeated readings settling has dropped. */
  dropped = 0;
  /** Those its readings end, if they were asked for and are still right. */
  increases: Rows | null = null;
  /** The mark of all readings as long as there are no marks of each. */
  #mark = 0;
  #marks = NO_MARKS;
  #time = NONE;
  #value = NONE;
  /** Of the one reading while there are no arrays. */
  #loneTime = -Infinity;
  #loneValue = 0;
  #newest = -Infinity;
  #settled = true;

  constructor(start: number) {
    this.start = start;
    this.end = start + SEGMENT_MS;
  }

  /** To be read before another segment is looked at. */
  get time(): Float64Array {
    if (this.#time !== NONE || this.length === 0) return this.#time;
    LONE_TIME[0] = this.#loneTime;
    return LONE_TIME;
  }

  /** To be read before another segment is looked at. */
  get value(): Float64Array {
    if (this.#value !== NONE || this.length === 0) return this.#value;
    LONE_VALUE[0] = this.#loneValue;
    return LONE_VALUE;
  }

  get capacity(): number {
    return this.#time.length;
  }

  /** @param ranks gives the place of each member in the order of series; asked only when settling makes room */
  append(time: number, value: number, member: number, mark: number, ranks: () => Uint32Array): void {
    if (this.#time === NONE) {
      if (this.length === 0 && member === 0) return this.#appendLone(time, value, mark);
      this.#leaveLone();
    } else if (this.length === this.#time.length) this.#makeRoom(ranks);
    const at = this.length++;
    this.#time[at] = time;
    this.#value[at] = value;
    if (member !== 0 && this.member === NO_MEMBERS) this.member = new Uint32Array(this.#time.length);
    if (this.member !== NO_MEMBERS) this.member[at] = member;
    if (mark !== this.#mark || this.#marks !== NO_MARKS) this.#appendMark(at, mark);
    if (time > this.#newest) this.#newest = time;
    else this.#settled = false;
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

  /** For another minute. */
  clear(start: number): void {
    this.start = start;
    this.end = start + SEGMENT_MS;
    this.length = 0;
    this.dropped = 0;
    this.member = NO_MEMBERS;
    this.increases = null;
    this.#mark = 0;
    this.#marks = NO_MARKS;
    this.#newest = -Infinity;
    this.#settled = true;
  }

  /** Brings the readings into order and drops all but the last accepted of those with one series and event time. */
  settle(ranks: () => Uint32Array): void {
    if (this.#settled) return;
    const time = this.#time;
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

  #appendLone(time: number, value: number, mark: number): void {
    this.#loneTime = this.#newest = time;
    this.#loneValue = value;
    this.#mark = mark;
    this.length = 1;
  }

  #leaveLone(): void {
    this.#time = new Float64Array(FIRST_CAPACITY);
    this.#value = new Float64Array(FIRST_CAPACITY);
    if (this.length === 0) return;
    this.#time[0] = this.#loneTime;
    this.#value[0] = this.#loneValue;
  }

  #appendMark(at: number, mark: number): void {
    if (at === 0) {
      this.#mark = mark;
      return;
    }
    if (this.#marks === NO_MARKS) this.#marks = new Uint8Array(this.#time.length).fill(this.#mark);
    this.#marks[at] = mark;
  }

  #take(rows: readonly number[]): void {
    this.#time.set(rows.map((row) => this.#time[row]!));
    this.#value.set(rows.map((row) => this.#value[row]!));
    if (this.member !== NO_MEMBERS) this.member.set(rows.map((row) => this.member[row]!));
    if (this.#marks !== NO_MARKS) this.#marks.set(rows.map((row) => this.#marks[row]!));
    this.length = rows.length;
  }

  /** Repeated deliveries may fill the columns with what settling would drop, so that is tried before growing. */
  #makeRoom(ranks: () => Uint32Array): void {
    if (!this.#settled) this.settle(ranks);
    if (this.length * 2 > this.#time.length) this.#grow();
  }

  #grow(): void {
    const capacity = this.#time.length * 2;
    this.#time = grown(this.#time, new Float64Array(capacity));
    this.#value = grown(this.#value, new Float64Array(capacity));
    if (this.member !== NO_MEMBERS) this.member = grown(this.member, new Uint32Array(capacity));
    if (this.#marks !== NO_MARKS) this.#marks = grown(this.#marks, new Uint8Array(capacity));
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(column: T, larger: T): T {
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

/** The segment of an event time among those in order; put in if it is new. */
export function segmentIn(segments: Segment[], eventTime: number, pool: SegmentPool): Segment {
  const start = Math.floor(eventTime / SEGMENT_MS) * SEGMENT_MS;
  let i = segments.length;
  // What is asked for is nearly always among the last.
  while (i > 0 && segments[i - 1]!.start > start) i--;
  const found = segments[i - 1];
  if (found?.start === start) return found;
  const segment = pool.take(start);
  if (i === segments.length) segments.push(segment);
  else segments.splice(i, 0, segment);
  return segment;
}

/** Segments that have been used and may be used again: each that closes makes way for a new one of about its size. */
export class SegmentPool {
  readonly #free: Segment[] = [];

  take(start: number): Segment {
    const segment = this.#free.pop();
    if (segment === undefined) return new Segment(start);
    segment.clear(start);
    return segment;
  }

  /** Those without arrays are as cheap made anew. */
  give(segment: Segment): void {
    if (segment.capacity === 0 || segment.capacity > LARGEST_KEPT || this.#free.length >= MOST_KEPT) return;
    this.#free.push(segment);
  }
}
