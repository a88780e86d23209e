import { aggregateOf, type Aggregate } from './aggregates/index.ts';
import { ColumnsPool } from './columns.ts';
import { StreamReader, StreamWriter, type NumberStream } from './number-stream.ts';
import { readScopes1, type NumberStream1 } from './scope-state-1.ts';
import { readScope, writeScope } from './scope-state.ts';
import { Scope } from './scope.ts';
import type { SeriesRuns } from './series-runs.ts';
import { closeSegments, combine, dropBefore, segmentIn, type Combined } from './slices.ts';
import { WindowGrid } from './window-grid.ts';
import type { Member, Pick, WindowInput, WindowOptions, WindowResult, WindowSetState } from './window-types.ts';

/** What one scope may hold of readings before its watermark is pushed on, so that a stalled member can't fill the memory. */
export const MAX_HELD_READINGS = 1_000_000;
/** Between two breaths of a saving. */
const SCOPES_AT_A_TIME = 1000;

/** The windows of one rule: every scope with its slices and watermark. Not an RxJS thing; see `eventTimeWindows`. */
export class WindowSet {
  readonly #options: WindowOptions;
  readonly #aggregate: Aggregate;
  readonly #grid: WindowGrid;
  readonly #maxHeld: number;
  readonly #scopes = new Map<string, Scope>();
  readonly #pool = new ColumnsPool();
  #inputs = 0;
  #late = 0;
  #pushedOn = 0;
  /** Of the state last saved: the next will be about as long. */
  #savedLength = 0;

  /** @throws RangeError if the durations make no grid; a restored state must be of the same options */
  constructor(options: WindowOptions, saved?: WindowSetState) {
    this.#options = options;
    this.#aggregate = aggregateOf(options.aggregate);
    this.#grid = new WindowGrid(options.window, options.every ?? options.window, options.timeZone);
    this.#maxHeld = options.maxHeldReadings ?? MAX_HELD_READINGS;
    if (saved?.scopes) this.#restore(saved.scopes);
    this.#late = saved?.late ?? 0;
    this.#pushedOn = saved?.pushedOn ?? 0;
  }

  /** How many readings came when their part of a window was closed, and changed nothing. */
  get lateReadings(): number {
    return this.#late;
  }

  /** How often a scope held too much, and its watermark was pushed on. */
  get pushedOn(): number {
    return this.#pushedOn;
  }

  get scopes(): number {
    return this.#scopes.size;
  }

  /** Readings that are kept, repeated ones that have been dropped meanwhile counted in. */
  heldReadings(): number {
    let held = 0;
    for (const scope of this.#scopes.values()) held += scope.held;
    return held;
  }

  openSegments(): number {
    let open = 0;
    for (const scope of this.#scopes.values()) open += scope.segments.length;
    return open;
  }

  /** The watermark of a scope, epoch ms of event time; -Infinity while it has none. */
  watermarkOf(scope: string): number {
    return this.#scopes.get(scope)?.watermark.value ?? -Infinity;
  }

  /** The names of all series a scope ever had. */
  membersOf(scope: string): readonly string[] {
    return this.#scopes.get(scope)?.names ?? [];
  }

  /** Whether every reading of a scope has been given out with its windows. */
  isDrained(scope: string): boolean {
    return this.#scopes.get(scope)?.isDrained === true;
  }

  /** @param name of the series within the scope; decides the order among readings of one event time */
  member(scopeKey: string, name: string): Member {
    let scope = this.#scopes.get(scopeKey);
    if (scope === undefined) {
      scope = new Scope(scopeKey, this.#options);
      this.#scopes.set(scopeKey, scope);
    }
    return { scope, number: scope.memberOf(name) };
  }

  /** Takes in a batch or a tick. @returns what has become due, by scope in the order of time */
  push(input: WindowInput): WindowResult[] {
    const results: WindowResult[] = [];
    if (input.kind === 'tick') {
      for (const scope of this.#scopes.values()) {
        scope.watermark.tick(input.clock);
        this.#advance(scope, results);
      }
      return results;
    }
    const touched: Scope[] = [];
    this.#inputs++;
    for (const pick of input.picks) {
      const { scope } = pick.member;
      if (!this.#ingest(pick, input.runs, input.mark, input.clock) || scope.touchedBy === this.#inputs) continue;
      scope.touchedBy = this.#inputs;
      touched.push(scope);
    }
    for (const scope of touched) {
      scope.watermark.settle();
      this.#advance(scope, results);
      if (scope.held > this.#maxHeld) this.#pushOn(scope, results);
      if (this.#options.early === true) this.#lookEarly(scope, results);
    }
    return results;
  }

  save(): WindowSetState {
    const saving = this.saving();
    for (;;) {
      const step = saving.next();
      if (step.done === true) return step.value;
    }
  }

  /** The state, made in small steps; nothing may be pushed until it is done. */
  *saving(): Generator<void, WindowSetState> {
    const out = new StreamWriter(this.#savedLength);
    out.number(this.#scopes.size);
    let written = 0;
    for (const scope of this.#scopes.values()) {
      writeScope(scope, this.#aggregate, out);
      if (++written % SCOPES_AT_A_TIME === 0) yield;
    }
    this.#savedLength = out.length;
    return { scopes: out.take(), late: this.#late, pushedOn: this.#pushedOn };
  }

  #restore(stream: NumberStream | NumberStream1): void {
    for (const scope of this.#scopesIn(stream)) this.#scopes.set(scope.key, scope);
  }

  #scopesIn(stream: NumberStream | NumberStream1): Scope[] {
    if ('texts' in stream) return readScopes1(stream, this.#options, this.#aggregate, this.#grid);
    const from = new StreamReader(stream);
    return from.list(() => readScope(from, this.#options, this.#aggregate, this.#grid));
  }

  /** @returns whether any reading counted */
  #ingest({ member, series }: Pick, { batch, rows, offsets }: SeriesRuns, mark: number, clock: number): boolean {
    const { eventTime, value } = batch;
    const { scope, number } = member;
    const { ranks } = scope;
    const early = this.#options.early === true;
    let newest = -Infinity;
    let late = 0;
    const end = offsets[series + 1]!;
    for (let at = offsets[series]!; at < end; at++) {
      const row = rows[at]!;
      const time = eventTime[row]!;
      let { segment } = scope;
      if (segment === null || time < segment.start || time >= segment.end) {
        segment = this.#open(scope, time);
        if (segment === null) {
          late++;
          continue;
        }
      }
      segment.columns.append(time, value[row]!, number, ranks);
      if (mark > segment.mark) segment.mark = mark;
      if (early) scope.changed.add(segment);
      if (time > newest) newest = time;
    }
    const counted = end - offsets[series]! - late;
    this.#late += late;
    if (counted === 0) return false;
    scope.held += counted;
    scope.watermark.heard(number, newest, clock);
    return true;
  }

  /** Makes the segment of an event time the scope's present one; null if the watermark has passed it. */
  #open(scope: Scope, time: number): Scope['segment'] {
    const bounds = this.#grid.segmentAt(time);
    if (bounds.end <= scope.watermark.value) return null;
    const segment = segmentIn(scope.segments, bounds, this.#pool);
    scope.segment = segment;
    if (segment.end < scope.due) scope.due = segment.end;
    return segment;
  }

  #advance(scope: Scope, results: WindowResult[]): void {
    const watermark = scope.watermark.value;
    if (watermark < scope.due) return;
    scope.held -= closeSegments(scope, watermark, this.#aggregate, this.#pool);
    scope.segment = null;
    this.#giveOut(scope, watermark, results);
  }

  /** Gives out the windows that end by the watermark and hold a reading, and drops the slices no window needs any more. */
  #giveOut(scope: Scope, watermark: number, results: WindowResult[]): void {
    let due = Infinity;
    for (let oldest = scope.oldestSlice; oldest !== undefined; oldest = scope.oldestSlice) {
      const start = Math.max(scope.nextStart, this.#grid.firstWindowStart(oldest));
      const end = this.#grid.windowEnd(start);
      if (end > watermark) {
        due = end;
        break;
      }
      this.#giveFinal(scope, start, end, results);
      scope.nextStart = this.#grid.nextStart(start);
      dropBefore(scope.closed, scope.nextStart, this.#aggregate);
    }
    scope.due = Math.min(due, scope.segments[0]?.end ?? Infinity);
  }

  #giveFinal(scope: Scope, start: number, end: number, results: WindowResult[]): void {
    const combined = this.#combined(scope, start, end);
    const result = this.#result(scope, start, end, combined, end, true);
    if (result !== null) results.push(result);
  }

  /** The fullest open window that holds a changed slice is the one that ends with the slice. */
  #lookEarly(scope: Scope, results: WindowResult[]): void {
    const slices = new Map([...scope.changed].map(({ sliceStart, sliceEnd }) => [sliceStart, sliceEnd]));
    scope.changed.clear();
    for (const [sliceStart, sliceEnd] of [...slices].sort(([a], [b]) => a - b)) {
      // Its last window has been given out.
      if (sliceStart < scope.nextStart) continue;
      const start = this.#grid.firstWindowStart(sliceStart);
      const combined = this.#combined(scope, start, sliceEnd);
      const result = this.#result(scope, start, sliceEnd, combined, combined.newest, false);
      if (result !== null) results.push(result);
    }
  }

  #combined(scope: Scope, start: number, end: number): Combined {
    return combine(scope, [start, end], this.#aggregate);
  }

  /** Null where the window has too few readings for a value. */
  #result(scope: Scope, start: number, end: number, from: Combined, time: number, final: boolean): WindowResult | null {
    const value = this.#aggregate.result(from.partial, end - start);
    if (value === null) return null;
    return {
      scope: scope.key,
      start,
      end,
      value,
      count: from.count,
      final,
      time,
      mark: from.mark,
      revision: final ? 1 : 0,
    };
  }

  /** Closes the oldest segments until the scope holds no more than it may. */
  #pushOn(scope: Scope, results: WindowResult[]): void {
    let exact = 0;
    for (const { columns } of scope.segments) {
      columns.settle(scope.ranks);
      columns.dropped = 0;
      exact += columns.length;
    }
    scope.held = exact;
    while (scope.held > this.#maxHeld) {
      scope.watermark.raise(scope.segments[0]!.end);
      this.#pushedOn++;
      this.#advance(scope, results);
    }
  }
}
