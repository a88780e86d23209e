import type { PartialAggregate, Aggregate } from './aggregates/index.ts';
import { newSlice, type Segment, type Slice } from './slices.ts';
import { Columns } from './columns.ts';
import { Watermark, type MemberState, type WatermarkOptions, type WatermarkState } from './watermark.ts';

/** From here on a map finds a member's number faster than a look along the list. */
const FEW_MEMBERS = 8;

/** The series that are windowed together, with their watermark and the slices they have not yet outlived. */
export class Scope {
  readonly key: string;
  readonly watermark: Watermark;
  readonly names: string[] = [];
  /** In order of their start. */
  readonly slices: Slice[] = [];
  /** Where the last reading went: most of the next ones go there as well. */
  slice: Slice | null = null;
  segment: Segment | null = null;
  /** Windows that begin before it have been given out. */
  nextStart = -Infinity;
  /** The watermark that closes the next segment or window. */
  due = Infinity;
  /** Readings in open segments, those counted in that settling will drop. */
  held = 0;
  #numbers: Map<string, number> | null = null;
  #ranks: Uint32Array | null = null;

  constructor(key: string, options: WatermarkOptions, watermark?: WatermarkState) {
    this.key = key;
    this.watermark = new Watermark(options, watermark);
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

/** A scope as plain data. */
export interface ScopeState {
  readonly key: string;
  readonly watermark: WatermarkState;
  readonly nextStart: number;
  readonly members: readonly (readonly [name: string, newest: number, heardAt: number, idle: boolean])[];
  readonly slices: readonly SliceState[];
}

interface SliceState {
  readonly start: number;
  readonly end: number;
  readonly partial: PartialAggregate;
  readonly count: number;
  readonly newest: number;
  readonly mark: number;
  readonly segments: readonly SegmentState[];
}

interface SegmentState {
  readonly start: number;
  readonly end: number;
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly member: Uint32Array;
}

export function saveScope(scope: Scope): ScopeState {
  const { key, nextStart, names, slices } = scope;
  const members = scope.watermark.members.map((m, i) => [names[i]!, m.newest, m.heardAt, m.idle] as const);
  return {
    key,
    watermark: { ...scope.watermark.state },
    nextStart,
    members,
    slices: slices.map((s) => saveSlice(s, scope)),
  };
}

function saveSlice({ start, end, partial, count, newest, mark, segments }: Slice, scope: Scope): SliceState {
  return { start, end, partial, count, newest, mark, segments: segments.map((segment) => saveSegment(segment, scope)) };
}

function saveSegment({ start, end, columns }: Segment, scope: Scope): SegmentState {
  columns.settle(scope.ranks);
  const { length, time, value, member } = columns;
  return { start, end, time: time.slice(0, length), value: value.slice(0, length), member: member.slice(0, length) };
}

export function restoreScope(state: ScopeState, options: WatermarkOptions, aggregate: Aggregate): Scope {
  const scope = new Scope(state.key, options, { ...state.watermark });
  for (const [name, newest, heardAt, idle] of state.members) scope.restoreMember(name, { newest, heardAt, idle });
  scope.nextStart = state.nextStart;
  // Looked at with the next input, which finds out what is due.
  scope.due = -Infinity;
  scope.slices.push(...state.slices.map((slice) => restoreSlice(slice, scope, aggregate)));
  return scope;
}

function restoreSlice(state: SliceState, scope: Scope, aggregate: Aggregate): Slice {
  const slice = newSlice(state.start, state.end, aggregate);
  slice.partial.splice(0, slice.partial.length, ...state.partial);
  slice.count = state.count;
  slice.newest = state.newest;
  slice.mark = state.mark;
  slice.segments.push(...state.segments.map((segment) => restoreSegment(segment, scope)));
  return slice;
}

function restoreSegment({ start, end, time, value, member }: SegmentState, scope: Scope): Segment {
  const columns = new Columns();
  for (let i = 0; i < time.length; i++) columns.append(time[i]!, value[i]!, member[i] ?? 0, scope.ranks);
  scope.held += time.length;
  return { start, end, columns };
}
