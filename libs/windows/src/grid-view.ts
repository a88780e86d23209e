import { aggregateOf, type Aggregate, type PartialAggregate } from './aggregates/index.ts';
import {
  beginSlice,
  COUNT,
  lastSlice,
  MARK,
  NEWEST,
  nextSlice,
  partialOf,
  putPartial,
  START,
} from './closed-slices.ts';
import type { Scope, ScopeView } from './scope.ts';
import { rowFrom, segmentFrom, type Segment } from './segment.ts';
import { earlyResult, finalResult, type Combined, type View } from './view.ts';
import { windowGridOf, type Slice, type WindowGrid } from './window-grid.ts';
import type { GridWindows, WindowResult, WindowTiming } from './window-types.ts';

/** Tumbling and sliding windows. They are made of slices, which are added up once, whatever the number of windows they are in. */
export class GridView implements View {
  readonly number: number;
  readonly shape: GridWindows;
  readonly aggregate: Aggregate;
  readonly #grid: WindowGrid;
  readonly #latenessMs: number;
  /** What the window at hand came to: one object for all. */
  readonly #combined = { start: 0, end: 0, value: 0, count: 0, newest: 0, mark: 0 };

  /** @throws RangeError if the durations make no grid */
  constructor(number: number, shape: GridWindows, timing: WindowTiming) {
    this.number = number;
    this.shape = shape;
    this.aggregate = aggregateOf(shape.aggregate);
    this.#grid = windowGridOf(shape.window, shape.every ?? shape.window, timing.timeZone);
    this.#latenessMs = timing.allowedLatenessMs;
  }

  giveOut(scope: Scope, state: ScopeView, changed: readonly number[], out: WindowResult[]): void {
    if (changed.length > 0) this.#revise(scope, state, changed, out);
    // Before others come behind them, which would have to be moved.
    state.given.forget(scope.horizon(this.#latenessMs));
    const watermark = scope.watermark.value;
    state.due = state.oldest = Infinity;
    for (;;) {
      const slice = this.#nextSlice(scope, state);
      if (slice === undefined) return;
      const start = Math.max(state.nextStart, this.#grid.firstWindowStart(slice));
      const end = this.#grid.windowEnd(start);
      if (end > watermark) {
        state.due = end;
        state.oldest = slice;
        return;
      }
      const combined = this.#combine(scope, state, start, end);
      if (combined !== null) this.#give(scope, state, combined, out);
      state.nextStart = this.#grid.nextStart(start);
    }
  }

  dueBy({ nextStart }: ScopeView, time: number): number {
    return this.#grid.windowEnd(Math.max(nextStart, this.#grid.firstWindowStart(this.#grid.sliceAt(time).start)));
  }

  /** Of the windows that hold a changed slice the one that ends with it is the fullest, or the first that is still open. */
  lookEarly(scope: Scope, state: ScopeView, changed: ReadonlySet<number>, out: WindowResult[]): void {
    const starts = new Set<number>();
    for (const time of changed) {
      const slice = this.#grid.sliceAt(time).start;
      // Of others the last window has been given out.
      if (slice >= state.nextStart) starts.add(Math.max(state.nextStart, this.#grid.firstWindowStart(slice)));
    }
    for (const start of starts) {
      const combined = this.#combine(scope, state, start, this.#grid.windowEnd(start));
      if (combined !== null) out.push(earlyResult(scope, this.number, combined));
    }
  }

  close(scope: Scope, state: ScopeView): void {
    const segment = scope.segments[0]!;
    const horizon = scope.horizon(this.#latenessMs);
    // No window that holds any of it will be asked for: most are let go unseen.
    if (this.#grid.windowEnd(this.#grid.sliceAt(segment.end - 1).start) <= horizon) return;
    const { time } = segment.page;
    for (let { from } = segment, to = from; from < segment.to; from = to) {
      const { start, end } = this.#grid.sliceAt(time[from]!);
      to = end < segment.end ? rowFrom(segment, end) : segment.to;
      // No window that holds it will be asked for.
      if (this.#grid.windowEnd(start) <= horizon) continue;
      closeRows(scope, state, this.aggregate, [from, to], (last) =>
        last === undefined || state.closed[last + START] !== start ? start : undefined,
      );
    }
  }

  forget(_scope: Scope, state: ScopeView, horizon: number): number {
    const { closed, given } = state;
    let end = 0;
    while (end < closed.length && this.#grid.windowEnd(closed[end + START]!) <= horizon) {
      end = nextSlice(closed, end, this.aggregate);
    }
    if (end > 0) state.ownClosed.splice(0, end);
    given.forget(horizon);
    const ofClosed = closed.length > 0 ? this.#grid.windowEnd(closed[START]!) : Infinity;
    return Math.min(ofClosed, given.firstEnd);
  }

  /** The windows given out, or passed by without readings, that hold one of the event times. */
  #revise(scope: Scope, state: ScopeView, changed: readonly number[], out: WindowResult[]): void {
    const starts = new Set<number>();
    for (const time of changed) {
      const slice = this.#grid.sliceAt(time).start;
      let start = this.#grid.firstWindowStart(slice);
      for (; start <= slice && start < state.nextStart; start = this.#grid.nextStart(start)) starts.add(start);
    }
    for (const start of starts) {
      const end = this.#grid.windowEnd(start);
      const combined = this.#combine(scope, state, start, end);
      if (combined !== null) this.#give(scope, state, combined, out);
    }
  }

  /** Unless it has been given out just so. */
  #give(scope: Scope, { given }: ScopeView, combined: Combined, out: WindowResult[]): void {
    const at = given.find(combined.start);
    const again = given.has(at, combined.start);
    if (again && given.isAsGiven(at, combined)) return;
    const revision = again ? given.revisionOf(at) + 1 : 1;
    out.push(finalResult(scope, this.number, combined, revision));
    // Else no reading can come that would revise it.
    if (combined.end > scope.horizon(this.#latenessMs)) given.put(at, again ? 1 : 0, combined, revision);
  }

  /** The start of the first slice with readings that is not in given windows alone. */
  #nextSlice(scope: Scope, { closed, nextStart }: ScopeView): number | undefined {
    const { segments } = scope;
    for (let at = 0; at < closed.length; at = nextSlice(closed, at, this.aggregate)) {
      if (closed[at + START]! >= nextStart) return closed[at + START];
    }
    for (let i = segmentFrom(segments, nextStart); i < segments.length; i++) {
      const segment = segments[i]!;
      segment.settle(scope);
      const row = segment.start >= nextStart ? segment.from : rowFrom(segment, nextStart);
      if (row < segment.to) return this.#sliceOf(segment, row).start;
    }
    return undefined;
  }

  /** The slice of a row; its time is looked at only if the minute has more than one: it may have left the processor's cache. */
  #sliceOf({ page, start, end }: Segment, row: number): Slice {
    const slice = this.#grid.sliceAt(start);
    return slice.end >= end ? slice : this.#grid.sliceAt(page.time[row]!);
  }

  /**
   * What the slices in `[start, end)` come to; null where that is too few readings for a value. Each slice is put together
   * from its segments in order, and the window from its slices, however much of that is closed: bit for bit the same.
   * It is overwritten by the next.
   */
  #combine(scope: Scope, state: ScopeView, start: number, end: number): Combined | null {
    const { aggregate } = this;
    const { closed } = state;
    let whole: PartialAggregate | null = null;
    let slice: PartialAggregate | null = null;
    let sliceStart = -Infinity;
    let newest = -Infinity;
    let count = 0;
    let mark = 0;
    for (let at = 0; at < closed.length && closed[at + START]! < end; at = nextSlice(closed, at, aggregate)) {
      sliceStart = closed[at + START]!;
      if (sliceStart < start) continue;
      if (slice !== null) whole = merged(aggregate, whole, slice);
      slice = partialOf(closed, at, aggregate);
      count += closed[at + COUNT]!;
      newest = closed[at + NEWEST]!;
      mark = Math.max(mark, closed[at + MARK]!);
    }
    const { segments } = scope;
    for (let i = 0; i < segments.length && aggregate.ofIncreases; i++) segments[i]!.settle(scope);
    for (let i = segmentFrom(segments, start); i < segments.length && segments[i]!.start < end; i++) {
      const segment = segments[i]!;
      segment.settle(scope);
      const last = segment.end <= end ? segment.to : rowFrom(segment, end);
      let from = segment.start >= start ? segment.from : rowFrom(segment, start);
      while (from < last) {
        const within = this.#sliceOf(segment, from);
        if (slice === null || within.start !== sliceStart) {
          if (slice !== null) whole = merged(aggregate, whole, slice);
          slice = aggregate.init();
          sliceStart = within.start;
        }
        const to = within.end >= segment.end ? last : Math.min(last, rowFrom(segment, within.end));
        scope.add(aggregate, slice, i, from, to);
        count += to - from;
        // Final results don't tell it, and times may have left the processor's cache.
        if (this.shape.early === true) newest = segment.page.time[to - 1]!;
        mark = Math.max(mark, segment.markOf(from, to));
        from = to;
      }
    }
    if (slice === null) return null;
    const value = aggregate.result(merged(aggregate, whole, slice), end - start);
    if (value === null) return null;
    const combined = this.#combined;
    combined.start = start;
    combined.end = end;
    combined.value = value;
    combined.count = count;
    combined.newest = newest;
    combined.mark = mark;
    return combined;
  }
}

function merged(aggregate: Aggregate, whole: PartialAggregate | null, slice: PartialAggregate): PartialAggregate {
  if (whole === null) return slice;
  aggregate.merge(whole, slice);
  return whole;
}

/**
 * Takes rows of the scope's first segment into the last closed slice, or a new one.
 * @param beginsAt where a new slice begins, if it takes one; it is told where the last is
 */
export function closeRows(
  scope: Scope,
  { ownClosed: closed }: ScopeView,
  aggregate: Aggregate,
  [from, to]: readonly [from: number, to: number],
  beginsAt: (last: number | undefined) => number | undefined,
): void {
  const last = lastSlice(closed, aggregate);
  const begin = beginsAt(last);
  const at = begin === undefined ? last! : beginSlice(closed, begin, aggregate);
  const partial = partialOf(closed, at, aggregate);
  scope.add(aggregate, partial, 0, from, to);
  putPartial(closed, at, partial, aggregate);
  const segment = scope.segments[0]!;
  closed[at + COUNT]! += to - from;
  closed[at + NEWEST] = segment.page.time[to - 1]!;
  closed[at + MARK] = Math.max(closed[at + MARK]!, segment.markOf(from, to));
}
