import { keepLast, nextReadingOf } from './increases.ts';
import type { Scope } from './scope.ts';
import type { SegmentPool } from './segment-pool.ts';
import type { Views } from './views.ts';
import type { WindowResult, WindowTiming } from './window-types.ts';

const NOTHING: readonly number[] = [];

/** Makes of what has come to a scope what there is to give out, and lets go of what is needed no more. */
export class GivingOut {
  readonly #views: Views;
  readonly #pool: SegmentPool;
  readonly #latenessMs: number;
  readonly #maxHeld: number;
  /** How often a window was given out again, since late readings had changed it. */
  revised = 0;
  /** How often a scope held too much, and its watermark was pushed on. */
  pushedOn = 0;

  /** @param maxHeld how many readings a scope may hold */
  constructor({ allowedLatenessMs }: WindowTiming, views: Views, pool: SegmentPool, maxHeld: number) {
    this.#pool = pool;
    this.#views = views;
    this.#latenessMs = allowedLatenessMs;
    this.#maxHeld = maxHeld;
  }

  /** Readings have come to a scope, and its watermark has settled. */
  afterReadings(scope: Scope, results: WindowResult[]): void {
    const from = results.length;
    if (scope.hasLate) this.#takeLate(scope, results);
    else this.#advance(scope, results);
    if (scope.held > this.#maxHeld) this.#pushOn(scope, results);
    if (this.#views.early) this.#lookEarly(scope, results);
    inOrder(results, from);
  }

  /** The clock may have moved its watermark. */
  afterTick(scope: Scope, results: WindowResult[]): void {
    const from = results.length;
    this.#advance(scope, results);
    inOrder(results, from);
  }

  /** All that is due has been given out: finds out what will be next. */
  afterRestore(scope: Scope): void {
    this.#giveOut(scope, NOTHING, []);
  }

  #advance(scope: Scope, results: WindowResult[]): void {
    if (scope.watermark.value >= scope.due) this.#giveOut(scope, NOTHING, results);
  }

  /** Readings have come behind the watermark. */
  #takeLate(scope: Scope, results: WindowResult[]): void {
    const { late, segments } = scope;
    const { ofIncreases } = this.#views;
    const changed: number[] = [];
    if (ofIncreases) scope.settleAll();
    for (let i = 0; i < late.length; i += 2) {
      const [time, member] = [late[i]!, late[i + 1]!];
      changed.push(time);
      const next = ofIncreases ? nextReadingOf(segments, member, time) : undefined;
      if (next !== undefined) changed.push(next);
    }
    late.length = 0;
    this.#giveOut(scope, changed, results);
  }

  /** Gives out what is due and what has changed, closes what no reading can reach any more, and finds out what is next. */
  #giveOut(scope: Scope, changed: readonly number[], results: WindowResult[]): void {
    const from = results.length;
    const views = this.#views.present;
    for (const view of views) view.giveOut(scope, scope.views[view.number]!, changed, results);
    for (let i = from; i < results.length; i++) {
      if (results[i]!.revision > 1 || results[i]!.replaces !== undefined) this.revised++;
    }
    const horizon = scope.horizon(this.#latenessMs);
    this.#close(scope, horizon);
    const { segments } = scope;
    let due = segments.length === 0 ? Infinity : segments[0]!.end + this.#latenessMs;
    let oldest = -Infinity;
    for (const view of views) {
      const state = scope.views[view.number]!;
      due = Math.min(due, state.due, view.forget(scope, state, horizon) + this.#latenessMs);
      oldest = Math.max(oldest, state.oldest);
    }
    scope.due = due;
    scope.oldest = oldest;
  }

  #close(scope: Scope, horizon: number): void {
    const { segments } = scope;
    for (let first = segments[0]; first !== undefined && first.end <= horizon; first = segments[0]) {
      first.settle(scope);
      for (const view of this.#views.present) view.close(scope, scope.views[view.number]!);
      if (this.#views.ofIncreases) keepLast(first, scope.last);
      scope.held -= first.length + first.dropped;
      if (scope.segment === first) scope.segment = null;
      segments.shift();
      this.#pool.give(first);
    }
  }

  #lookEarly(scope: Scope, results: WindowResult[]): void {
    const changed = new Set(scope.changed);
    scope.changed.length = 0;
    for (const view of this.#views.present) {
      if (view.shape.early === true) view.lookEarly(scope, scope.views[view.number]!, changed, results);
    }
  }

  /** Closes the oldest segments until the scope holds no more than it may. */
  #pushOn(scope: Scope, results: WindowResult[]): void {
    scope.settleAll();
    scope.held = 0;
    for (const segment of scope.segments) {
      segment.dropped = 0;
      scope.held += segment.length;
    }
    while (scope.held > this.#maxHeld) {
      const { end } = scope.segments[0]!;
      scope.watermark.raise(end);
      scope.floor = Math.max(scope.floor, end);
      this.pushedOn++;
      this.#giveOut(scope, NOTHING, results);
    }
  }
}

/** Sorts what one scope has given, which begins at `from`, by the windows' ends and then by view. */
function inOrder(results: WindowResult[], from: number): void {
  for (let i = from + 1; i < results.length; i++) {
    if (byEnd(results[i - 1]!, results[i]!) <= 0) continue;
    results.push(...results.splice(from).sort(byEnd));
    return;
  }
}

function byEnd(a: WindowResult, b: WindowResult): number {
  return a.end - b.end || a.view - b.view;
}
