import { ColumnPages } from './column-pages.ts';
import { forgetIncreases, keepLast, nextReadingOf } from './increases.ts';
import { GridView } from './grid-view.ts';
import { DUE, HEARD, HELD, LANE_WIDTH, LaneTable, NEWEST, UNTIL, VALUE } from './lanes.ts';
import { StreamReader, type NumberStream } from './number-stream.ts';
import { readScopes1 } from './scope-state-1.ts';
import { keepsLast, newScope, readScope, type ScopeOptions } from './scope-state.ts';
import type { Scope } from './scope.ts';
import { ScopesSnapshot } from './scopes-snapshot.ts';
import { segmentIn, type Segment } from './segment.ts';
import { SessionView } from './session-view.ts';
import type { View } from './view.ts';
import { WakeWheel } from './wake-wheel.ts';
import type { WatermarkTiming } from './watermark.ts';
import type {
  Member,
  Pick,
  WindowInput,
  WindowResult,
  WindowSetState,
  WindowSetState1,
  WindowTiming,
  WindowView,
} from './window-types.ts';

/** What one scope may hold of readings before its watermark is pushed on, so that a stalled member can't fill the memory. */
export const MAX_HELD_READINGS = 1_000_000;
const NOTHING: readonly number[] = [];

type Readings = Extract<WindowInput, { kind: 'readings' }>;

/**
 * The windows of all rules that select and group readings alike: readings are held once, whatever the views. Not an RxJS
 * thing; see `eventTimeWindows`.
 */
export class WindowSet {
  readonly #timing: WindowTiming;
  readonly #times: WatermarkTiming;
  readonly #maxHeld: number;
  readonly #views: (View | null)[];
  readonly #scopes = new Map<string, Scope>();
  readonly #options: ScopeOptions;
  readonly #lanes = new LaneTable();
  readonly #pages = new ColumnPages();
  readonly #wheel = new WakeWheel<Scope>();
  /** Of views, whether any is early, and whether any is of increases. */
  #early = false;
  #increases = false;
  #inputs = 0;
  #late = 0;
  #revised = 0;
  #pushedOn = 0;
  /** What is being saved meanwhile. */
  #snapshot: ScopesSnapshot | null = null;
  /** Of the state last saved: the next will be about as long. */
  #savedLength = 0;

  /** @throws RangeError if the durations of a saved view make no windows */
  constructor(timing: WindowTiming, saved?: WindowSetState) {
    this.#timing = timing;
    this.#times = { delayMs: timing.delayMs, idleAfterMs: timing.idleAfterMs, tickClock: saved?.clock ?? 0 };
    this.#maxHeld = timing.maxHeldReadings ?? MAX_HELD_READINGS;
    this.#views = (saved?.views ?? []).map((shape, number) => (shape === null ? null : this.#viewOf(number, shape)));
    this.#options = {
      times: this.#times,
      latenessMs: timing.allowedLatenessMs,
      views: this.#views,
      lanes: this.#lanes,
      pages: this.#pages,
    };
    this.#noteViews();
    this.#late = saved?.late ?? 0;
    this.#revised = saved?.revised ?? 0;
    this.#pushedOn = saved?.pushedOn ?? 0;
    if (saved !== undefined) this.#restore(readScopes(saved.scopes, this.#options));
  }

  /** Goes on from what version 0.1 saved of its windows, which were of this one view. */
  static from1(timing: WindowTiming, view: WindowView, { scopes, late, pushedOn }: WindowSetState1): WindowSet {
    const set = new WindowSet(timing);
    set.view(view);
    set.#late = late;
    set.#pushedOn = pushedOn;
    if (scopes !== null) set.#restore(readScopes1(scopes, set.#options));
    return set;
  }

  /**
   * The number of the view with this shape; made now unless it is there. Only an untouched set takes a new one.
   * @throws RangeError if its durations make no windows
   */
  view(shape: WindowView): number {
    const known = this.#views.findIndex((view) => view !== null && isSame(view.shape, shape));
    if (known !== -1) return known;
    if (!this.isUntouched) throw new Error('These windows have begun without this view; it needs a set of its own.');
    const number = this.#views.length;
    this.#views.push(this.#viewOf(number, shape));
    this.#noteViews();
    return number;
  }

  /** Nobody asks for it any more. */
  dropView(view: number): void {
    this.#snapshot?.finishAtOnce();
    this.#views[view] = null;
    for (const scope of this.#scopes.values()) scope.views[view] = undefined;
    this.#noteViews();
  }

  /** Whether it never had a series: only such a set may be shared with a rule that begins now. */
  get isUntouched(): boolean {
    return this.#scopes.size === 0;
  }

  /** How many readings came later than is allowed, and changed nothing. */
  get lateReadings(): number {
    return this.#late;
  }

  /** How often a window was given out again, since late readings had changed it. */
  get revisedWindows(): number {
    return this.#revised;
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
    for (const scope of this.#scopes.values()) held += scope.lane.held;
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

  /** Whether every reading of a scope has been given out with a view's windows; late ones may still revise them. */
  isDrained(scope: string, view: number): boolean {
    const found = this.#scopes.get(scope);
    return found !== undefined && found.oldest === Infinity && found.views[view]?.due === Infinity;
  }

  /** @param name of the series within the scope; decides the order among readings of one event time */
  member(scopeKey: string, name: string): Member {
    let scope = this.#scopes.get(scopeKey);
    if (scope !== undefined) this.#snapshot?.before(scope);
    else {
      scope = newScope(scopeKey, this.#scopes.size, this.#options);
      this.#scopes.set(scopeKey, scope);
    }
    return { scope, number: scope.memberOf(name), lane: scope.lane.number };
  }

  /** Takes in a batch or a tick. @returns what has become due, by scope, then by the windows' ends, then by view */
  push(input: WindowInput): WindowResult[] {
    const results: WindowResult[] = [];
    if (input.kind === 'tick') this.#tick(input.clock, results);
    else this.#take(input, results);
    return results;
  }

  save(): WindowSetState {
    const saving = this.saving();
    for (;;) {
      const step = saving.next();
      if (step.done === true) return step.value;
    }
  }

  /**
   * The state as of now, made in small steps. The set may go on between them: what is about to change is written before.
   * One begun later takes the place of one that is not finished.
   */
  saving(): Generator<void, WindowSetState> {
    const snapshot = new ScopesSnapshot([...this.#scopes.values()], this.#options, this.#savedLength);
    this.#snapshot = snapshot;
    return this.#finish(snapshot, {
      views: this.#views.map((view) => view?.shape ?? null),
      clock: this.#times.tickClock,
      late: this.#late,
      revised: this.#revised,
      pushedOn: this.#pushedOn,
    });
  }

  *#finish(snapshot: ScopesSnapshot, head: Omit<WindowSetState, 'scopes'>): Generator<void, WindowSetState> {
    const scopes = yield* snapshot.finish();
    if (this.#snapshot === snapshot) this.#snapshot = null;
    this.#savedLength = scopes.numbers.length;
    return { ...head, scopes };
  }

  #viewOf(number: number, shape: WindowView): View {
    return 'session' in shape
      ? new SessionView(number, shape, this.#timing)
      : new GridView(number, shape, this.#timing);
  }

  #noteViews(): void {
    this.#early = this.#views.some((view) => view?.shape.early === true);
    this.#increases = keepsLast(this.#views);
  }

  #restore(scopes: readonly Scope[]): void {
    for (const scope of scopes) {
      this.#scopes.set(scope.key, scope);
      // All that is due has been given out: this finds out what will be next.
      this.#giveOut(scope, NOTHING, []);
      // The next tick finds out who has become idle.
      this.#wheel.add(scope, this.#times.tickClock);
    }
  }

  #tick(clock: number, results: WindowResult[]): void {
    this.#times.tickClock = clock;
    const woken = this.#wheel.take(clock);
    if (woken.length === 0) return;
    // By age, whatever brought them into the wheel when.
    for (const scope of [...woken].sort((a, b) => a.number - b.number)) {
      this.#snapshot?.before(scope);
      const from = results.length;
      scope.watermark.tick();
      this.#advance(scope, results);
      inOrder(results, from);
      if (!this.#early) scope.openLane();
      this.#wheel.add(scope, scope.watermark.sleepsUntil(scope.lane.due));
    }
  }

  #take(input: Readings, results: WindowResult[]): void {
    const touched: Scope[] = [];
    this.#inputs++;
    if (this.#snapshot !== null) for (const { member } of input.picks) this.#snapshot.before(member.scope);
    for (const pick of input.picks) {
      const passed = this.#pass(pick, input);
      if (passed === 'passed' || (passed === 'stopped' && !this.#ingest(pick, input))) continue;
      const { scope } = pick.member;
      if (scope.touchedBy === this.#inputs) continue;
      scope.touchedBy = this.#inputs;
      touched.push(scope);
    }
    const wakeAt = input.clock + this.#timing.idleAfterMs;
    for (const scope of touched) {
      const from = results.length;
      scope.watermark.settle();
      if (scope.wakeAt > wakeAt) this.#wheel.add(scope, wakeAt);
      if (scope.late.length > 0) this.#takeLate(scope, results);
      else this.#advance(scope, results);
      if (scope.lane.held > this.#maxHeld) this.#pushOn(scope, results);
      if (this.#early) this.#lookEarly(scope, results);
      else scope.openLane();
      inOrder(results, from);
    }
  }

  /**
   * What most readings take: one alone of the scope's only member, behind the last. Does the same as `#ingest` and settling
   * the watermark, and touches little memory, which is what there is to save.
   * @returns whether it has passed, has passed and made something due, or was stopped: then nothing was done
   */
  #pass({ member: { lane }, series }: Pick, { runs, mark, clock }: Readings): 'passed' | 'due' | 'stopped' {
    const { rows, offsets, batch } = runs;
    const first = offsets[series]!;
    if (offsets[series + 1] !== first + 1) return 'stopped';
    const row = rows[first]!;
    const time = batch.eventTime[row]!;
    const { numbers, segments } = this.#lanes;
    const at = lane * LANE_WIDTH;
    if (time <= numbers[at + NEWEST]! || time >= numbers[at + UNTIL]!) return 'stopped';
    if (!segments[lane]!.push(time, batch.value[row]!, mark)) return 'stopped';
    numbers[at + NEWEST] = time;
    numbers[at + HEARD] = clock;
    const held = ++numbers[at + HELD]!;
    const watermark = time - this.#timing.delayMs;
    if (watermark > numbers[at + VALUE]!) numbers[at + VALUE] = watermark;
    return watermark >= numbers[at + DUE]! || held > this.#maxHeld ? 'due' : 'passed';
  }

  /** @returns whether any reading counted */
  #ingest({ member: { scope, number }, series }: Pick, { runs, mark, clock }: Readings): boolean {
    const { rows, offsets, batch } = runs;
    const { eventTime, value } = batch;
    const watermark = scope.watermark.value;
    const horizon = scope.horizon(this.#timing.allowedLatenessMs);
    let [newest, tooLate] = [-Infinity, 0];
    const end = offsets[series + 1]!;
    for (let at = offsets[series]!; at < end; at++) {
      const row = rows[at]!;
      const time = eventTime[row]!;
      if (time < watermark) {
        if (time < horizon) {
          tooLate++;
          continue;
        }
        scope.late.push(time, number);
      }
      let { segment } = scope;
      if (segment === null || time < segment.start || time >= segment.end) segment = this.#open(scope, time);
      segment.append(time, value[row]!, number, mark, scope.ranks);
      if (time < scope.oldest) {
        scope.oldest = time;
        if (time < scope.lane.due) scope.lane.due = time;
      }
      if (this.#increases) forgetIncreases(scope.segments, segment);
      if (this.#early) scope.changed.push(time);
      if (time > newest) newest = time;
    }
    const counted = end - offsets[series]! - tooLate;
    this.#late += tooLate;
    if (counted === 0) return false;
    scope.lane.held += counted;
    scope.watermark.heard(number, newest, clock);
    return true;
  }

  /** Makes the segment of an event time the scope's present one. */
  #open(scope: Scope, time: number): Segment {
    const segment = segmentIn(scope.segments, time, this.#pages, scope.segment?.length ?? 1);
    scope.segment = segment;
    return segment;
  }

  #advance(scope: Scope, results: WindowResult[]): void {
    if (scope.watermark.value >= scope.lane.due) this.#giveOut(scope, NOTHING, results);
  }

  /** Readings have come behind the watermark. */
  #takeLate(scope: Scope, results: WindowResult[]): void {
    const { late, segments } = scope;
    const changed: number[] = [];
    if (this.#increases) scope.settleAll();
    for (let i = 0; i < late.length; i += 2) {
      const [time, member] = [late[i]!, late[i + 1]!];
      changed.push(time);
      const next = this.#increases ? nextReadingOf(segments, member, time) : undefined;
      if (next !== undefined) changed.push(next);
    }
    late.length = 0;
    this.#giveOut(scope, changed, results);
  }

  /** Gives out what is due and what has changed, closes what no reading can reach any more, and finds out what is next. */
  #giveOut(scope: Scope, changed: readonly number[], results: WindowResult[]): void {
    const latenessMs = this.#timing.allowedLatenessMs;
    const from = results.length;
    for (const view of this.#views) {
      if (view !== null) view.giveOut(scope, scope.views[view.number]!, changed, results);
    }
    for (let i = from; i < results.length; i++) {
      if (results[i]!.revision > 1 || results[i]!.replaces !== undefined) this.#revised++;
    }
    const horizon = scope.horizon(latenessMs);
    this.#close(scope, horizon);
    let [due, oldest] = [scope.segments[0] === undefined ? Infinity : scope.segments[0].end + latenessMs, -Infinity];
    for (const view of this.#views) {
      if (view === null) continue;
      const state = scope.views[view.number]!;
      due = Math.min(due, state.due, view.forget(scope, state, horizon) + latenessMs);
      oldest = Math.max(oldest, state.oldest);
    }
    scope.lane.due = due;
    scope.oldest = oldest;
  }

  #close(scope: Scope, horizon: number): void {
    const { segments } = scope;
    for (let first = segments[0]; first !== undefined && first.end <= horizon; first = segments[0]) {
      first.settle(scope.ranks);
      for (const view of this.#views) view?.close(scope, scope.views[view.number]!);
      if (this.#increases) keepLast(first, scope.last);
      scope.lane.held -= first.length + first.dropped;
      if (scope.segment === first) {
        scope.segment = null;
        scope.lane.close();
      }
      segments.shift();
      first.free();
    }
  }

  #lookEarly(scope: Scope, results: WindowResult[]): void {
    const changed = new Set(scope.changed);
    scope.changed.length = 0;
    for (const view of this.#views) {
      if (view?.shape.early === true) view.lookEarly(scope, scope.views[view.number]!, changed, results);
    }
  }

  /** Closes the oldest segments until the scope holds no more than it may. */
  #pushOn(scope: Scope, results: WindowResult[]): void {
    scope.settleAll();
    scope.lane.held = 0;
    for (const segment of scope.segments) {
      segment.dropped = 0;
      scope.lane.held += segment.length;
    }
    while (scope.lane.held > this.#maxHeld) {
      const { end } = scope.segments[0]!;
      scope.watermark.raise(end);
      scope.floor = Math.max(scope.floor, end);
      this.#pushedOn++;
      this.#giveOut(scope, NOTHING, results);
    }
  }
}

function readScopes(stream: NumberStream, options: ScopeOptions): Scope[] {
  const from = new StreamReader(stream);
  const scopes = from.list(() => readScope(from, from.number(), options));
  // They stand as they were written, which need not be in order.
  return scopes.sort((a, b) => a.number - b.number);
}

function isSame(a: WindowView, b: WindowView): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf({ aggregate, early = false, ...shape }: WindowView): string {
  const lengths = 'session' in shape ? [shape.session] : [shape.window, shape.every ?? shape.window];
  return JSON.stringify([aggregate, early, ...lengths]);
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
