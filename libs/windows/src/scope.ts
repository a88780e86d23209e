import type { LastValues } from './increases.ts';
import type { ClosedSlices, Segment, SlicedReadings } from './slices.ts';
import { Watermark, type MemberState, type WatermarkOptions, type WatermarkState } from './watermark.ts';

/** From here on a map finds a member's number faster than a look along the list. */
const FEW_MEMBERS = 8;

/** The series that are windowed together, with their watermark and the slices they have not yet outlived. */
export class Scope implements SlicedReadings {
  readonly key: string;
  readonly watermark: Watermark;
  readonly names: string[] = [];
  readonly closed: ClosedSlices = [];
  readonly segments: Segment[] = [];
  /** Where the last reading went: most of the next ones go there as well. */
  segment: Segment | null = null;
  #changed: Set<Segment> | null = null;
  #lastValues: LastValues | null = null;
  /** Windows that begin before it have been given out. */
  nextStart = -Infinity;
  /** The watermark that closes the next segment or window. */
  due = Infinity;
  /** Readings in open segments, those counted in that settling will drop. */
  held = 0;
  /** The last input that brought readings that counted. */
  touchedBy = 0;
  #numbers: Map<string, number> | null = null;
  #ranks: Uint32Array | null = null;

  constructor(key: string, options: WatermarkOptions, watermark?: WatermarkState) {
    this.key = key;
    this.watermark = new Watermark(options, watermark);
  }

  /** What has changed since it was last decided on early. */
  get changed(): Set<Segment> {
    this.#changed ??= new Set();
    return this.#changed;
  }

  get lastValues(): LastValues {
    this.#lastValues ??= [];
    return this.#lastValues;
  }

  /** Whether every reading has been given out with its windows. */
  get isDrained(): boolean {
    return this.closed.length === 0 && this.segments.length === 0;
  }

  /** The start of the oldest slice; undefined without any. */
  get oldestSlice(): number | undefined {
    return this.closed[0] ?? this.segments[0]?.sliceStart;
  }

  /** The number of a member by its name, given to it now if it is new. */
  memberOf(name: string): number {
    const known = this.#find(name);
    return known ?? this.#join(name);
  }

  restoreMember(name: string, state: MemberState): void {
    this.#join(name, state);
  }

  /** The place of each member in the order of names, so that results don't depend on who was first to send. */
  readonly ranks = (): Uint32Array => {
    if (this.#ranks !== null) return this.#ranks;
    const ranks = new Uint32Array(this.names.length);
    const sorted = this.names.map((name, member) => ({ name, member }));
    sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
    sorted.forEach(({ member }, rank) => (ranks[member] = rank));
    this.#ranks = ranks;
    return ranks;
  };

  #find(name: string): number | undefined {
    if (this.#numbers !== null) return this.#numbers.get(name);
    const at = this.names.indexOf(name);
    return at === -1 ? undefined : at;
  }

  #join(name: string, state?: MemberState): number {
    this.names.push(name);
    this.#ranks = null;
    const number = this.watermark.join(state);
    if (this.#numbers !== null) this.#numbers.set(name, number);
    else if (this.names.length > FEW_MEMBERS) this.#numbers = new Map(this.names.map((each, i) => [each, i]));
    return number;
  }
}
