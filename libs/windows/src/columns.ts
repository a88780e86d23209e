const FIRST_CAPACITY = 8;
const LARGEST_KEPT = 4096;
const MOST_KEPT = 10_000;
const NO_MEMBERS = new Uint32Array(0);
const NONE = new Float64Array(0);
/** A lone reading is shown here; whoever looks at columns looks at one segment at a time. */
const LONE_TIME = new Float64Array(1);
const LONE_VALUE = new Float64Array(1);

/**
 * The readings of one segment, in columns and in the order of acceptance until `settle` brings them into the order
 * of event time, then series. As long as they come in order there is nothing to settle. One reading of member 0, all
 * that most segments of slow devices ever hold, takes no arrays.
 */
export class Columns {
  length = 0;
  #time = NONE;
  #value = NONE;
  /** Of the one reading while there are no arrays. */
  #loneTime = -Infinity;
  #loneValue = 0;
  /** Which member of the scope each reading is from; empty as long as all are from member 0, as they are in most scopes. */
  member = NO_MEMBERS;
  /** How many repeated readings settling has dropped. */
  dropped = 0;
  #newest = -Infinity;
  #settled = true;

  /** To be read before other columns are looked at. */
  get time(): Float64Array {
    if (this.#time !== NONE || this.length === 0) return this.#time;
    LONE_TIME[0] = this.#loneTime;
    return LONE_TIME;
  }

  /** To be read before other columns are looked at. */
  get value(): Float64Array {
    if (this.#value !== NONE || this.length === 0) return this.#value;
    LONE_VALUE[0] = this.#loneValue;
    return LONE_VALUE;
  }

  /** @param ranks gives the place of each member in the order of series; asked only when settling makes room */
  append(time: number, value: number, member: number, ranks: () => Uint32Array): void {
    if (this.#time === NONE) {
      if (this.length === 0 && member === 0) return this.#appendLone(time, value);
      this.#leaveLone();
    } else if (this.length === this.#time.length) this.#makeRoom(ranks);
    const at = this.length++;
    this.#time[at] = time;
    this.#value[at] = value;
    if (member !== 0 && this.member === NO_MEMBERS) this.member = new Uint32Array(this.#time.length);
    if (this.member !== NO_MEMBERS) this.member[at] = member;
    if (time > this.#newest) this.#newest = time;
    else this.#settled = false;
  }

  get capacity(): number {
    return this.#time.length;
  }

  clear(): void {
    this.length = 0;
    this.dropped = 0;
    this.member = NO_MEMBERS;
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
      return next === undefined || time[next] !== time[row] || rankOf(next) !== rankOf(row);
    });
    this.dropped += this.length - kept.length;
    this.#take(kept);
    this.#settled = true;
  }

  #appendLone(time: number, value: number): void {
    this.#loneTime = this.#newest = time;
    this.#loneValue = value;
    this.length = 1;
  }

  #leaveLone(): void {
    this.#time = new Float64Array(FIRST_CAPACITY);
    this.#value = new Float64Array(FIRST_CAPACITY);
    if (this.length === 0) return;
    this.#time[0] = this.#loneTime;
    this.#value[0] = this.#loneValue;
  }

  #take(rows: readonly number[]): void {
    this.#time.set(rows.map((row) => this.#time[row]!));
    this.#value.set(rows.map((row) => this.#value[row]!));
    if (this.member !== NO_MEMBERS) this.member.set(rows.map((row) => this.member[row]!));
    this.length = rows.length;
  }

  /** Repeated deliveries may fill the columns with what settling would drop, so that is tried before growing. */
  #makeRoom(ranks: () => Uint32Array): void {
    if (!this.#settled) this.settle(ranks);
    if (this.length * 2 > this.#time.length) this.#grow();
  }

  #grow(): void {
    const capacity = this.#time.length * 2;
    const [time, value, member] = [this.#time, this.#value, this.member];
    this.#time = new Float64Array(capacity);
    this.#time.set(time);
    this.#value = new Float64Array(capacity);
    this.#value.set(value);
    if (member === NO_MEMBERS) return;
    this.member = new Uint32Array(capacity);
    this.member.set(member);
  }
}

/** Columns that have been used and may be used again: every closed segment makes way for a new one of about its size. */
export class ColumnsPool {
  readonly #free: Columns[] = [];

  take(): Columns {
    return this.#free.pop() ?? new Columns();
  }

  /** Those without arrays are as cheap made anew. */
  give(columns: Columns): void {
    if (columns.capacity === 0 || columns.capacity > LARGEST_KEPT || this.#free.length >= MOST_KEPT) return;
    columns.clear();
    this.#free.push(columns);
  }
}
