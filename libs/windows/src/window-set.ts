import { GivingOut } from './giving-out.ts';
import { Lanes } from './lanes.ts';
import { readScopes1 } from './scope-state-1.ts';
import { readScopes, type ScopeOptions } from './scope-state.ts';
import type { Scope } from './scope.ts';
import { SegmentPool } from './segment-pool.ts';
import { ScopeNumbers } from './scope-numbers.ts';
import { ScopesSnapshot } from './scopes-snapshot.ts';
import { Scopes } from './scopes.ts';
import { TakingIn } from './taking-in.ts';
import { Views } from './views.ts';
import { WakeWheel } from './wake-wheel.ts';
import type { WatermarkTiming } from './watermark.ts';
import type {
  Readings,
  WindowInput,
  WindowResult,
  WindowSetState,
  WindowSetState1,
  WindowTiming,
  WindowView,
} from './window-types.ts';

/** What one scope may hold of readings before its watermark is pushed on, so that a stalled member can't fill the memory. */
export const MAX_HELD_READINGS = 1_000_000;

/** Whoever is to know of results; the list is his. */
type TakeResults = (results: WindowResult[]) => void;

/** What is made before it is taken, at least: not more than the processor's cache holds. */
const RESULTS_AT_A_TIME = 250;

/**
 * The windows of all rules that select and group readings alike: readings are held once, whatever the views. Not an RxJS
 * thing; see `eventTimeWindows`.
 */
export class WindowSet {
  readonly #timing: WindowTiming;
  readonly #times: WatermarkTiming;
  readonly #maxHeld: number;
  readonly #pool: SegmentPool;
  readonly #views: Views;
  readonly #options: ScopeOptions;
  readonly #scopes: Scopes;
  readonly #takingIn: TakingIn;
  readonly #givingOut: GivingOut;
  readonly #wheel = new WakeWheel<Scope>();
  /** What is being saved meanwhile. */
  #snapshot: ScopesSnapshot | null = null;

  /**
   * @param pool room for its readings; sets that share it take less of it
   * @throws RangeError if the durations of a saved view make no windows
   */
  constructor(timing: WindowTiming, saved?: WindowSetState, pool = new SegmentPool()) {
    const { delayMs, idleAfterMs, allowedLatenessMs: latenessMs, maxHeldReadings = MAX_HELD_READINGS } = timing;
    const lanes = new Lanes();
    this.#pool = pool;
    this.#timing = timing;
    this.#times = { delayMs, idleAfterMs, tickClock: saved?.clock ?? 0 };
    this.#maxHeld = maxHeldReadings;
    this.#views = new Views(timing, saved?.views ?? []);
    this.#options = { times: this.#times, latenessMs, views: this.#views, lanes, pool, numbers: new ScopeNumbers() };
    this.#scopes = new Scopes(this.#options);
    this.#takingIn = new TakingIn(timing, this.#scopes, this.#views, lanes);
    this.#givingOut = new GivingOut(timing, this.#views, pool, maxHeldReadings);
    if (saved === undefined) return;
    this.#count(saved);
    this.#givingOut.revised = saved.revised;
    this.#restore(readScopes(saved.scopes, this.#options));
  }

  /** Goes on from what version 0.1 saved of its windows, which were of this one view. */
  static from1(timing: WindowTiming, view: WindowView, saved: WindowSetState1, pool?: SegmentPool): WindowSet {
    const set = new WindowSet(timing, undefined, pool);
    set.view(view);
    set.#count(saved);
    if (saved.scopes !== null) set.#restore(readScopes1(saved.scopes, set.#options));
    return set;
  }

  /**
   * The number of the view with this shape; made now unless it is there. Only an untouched set takes a new one.
   * @throws RangeError if its durations make no windows
   */
  view(shape: WindowView): number {
    const known = this.#views.find(shape);
    if (known !== undefined) return known;
    if (!this.isUntouched) throw new Error('These windows have begun without this view; it needs a set of its own.');
    return this.#views.add(shape);
  }

  /** Nobody asks for it any more. */
  dropView(view: number): void {
    this.#snapshot?.finishAtOnce();
    this.#views.drop(view);
    for (const scope of this.#scopes) scope.views[view] = undefined;
  }

  /** Gives back the room of its readings; nothing may be asked of it any more. */
  free(): void {
    for (const scope of this.#scopes) {
      scope.leaveLane();
      for (const segment of scope.segments) this.#pool.give(segment);
    }
  }

  /** Whether it never had a series: only such a set may be shared with a rule that begins now. */
  get isUntouched(): boolean {
    return this.#scopes.size === 0;
  }

  /** How many readings came later than is allowed, and changed nothing. */
  get lateReadings(): number {
    return this.#takingIn.late;
  }

  /** How often a window was given out again, since late readings had changed it. */
  get revisedWindows(): number {
    return this.#givingOut.revised;
  }

  /** How often a scope held too much, and its watermark was pushed on. */
  get pushedOn(): number {
    return this.#givingOut.pushedOn;
  }

  get scopes(): number {
    return this.#scopes.size;
  }

  /** Readings that are kept, repeated ones that have been dropped meanwhile counted in. */
  heldReadings(): number {
    let held = 0;
    for (const { key } of this.#scopes) held += this.#scopes.get(key)!.held;
    return held;
  }

  openSegments(): number {
    let open = 0;
    for (const { key } of this.#scopes) open += this.#scopes.get(key)!.segments.length;
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

  /** Knows the members of another's scopes from now on, none of which it has heard yet; its views must be there. */
  rememberMembersOf(other: WindowSet): void {
    for (const { key, names } of other.#scopes) for (const name of names) this.member(key, name);
  }

  /** Whether every reading of a scope has been given out with a view's windows; late ones may still revise them. */
  isDrained(scope: string, view: number): boolean {
    const found = this.#scopes.get(scope);
    return found !== undefined && found.oldest === Infinity && found.views[view]?.due === Infinity;
  }

  /**
   * The number of a series in its scope, by which it is picked; valid for this set only.
   * @param name of the series within the scope; decides the order among readings of one event time
   */
  member(scopeKey: string, name: string): number {
    const scope = this.#scopes.getOrAdd(scopeKey);
    this.#snapshot?.before(scope);
    return this.#scopes.member(scope, name);
  }

  /** Takes in a batch or a tick. @returns what has become due, by scope, then by the windows' ends, then by view */
  push(input: WindowInput): WindowResult[] {
    const all: WindowResult[] = [];
    this.pushInParts(input, (results) => {
      for (const result of results) all.push(result);
    });
    return all;
  }

  /** The same, but has each few scopes' results taken before the next are made: all at once would be long in memory. */
  pushInParts(input: WindowInput, take: TakeResults): void {
    const results = input.kind === 'tick' ? this.#tick(input.clock, take) : this.#take(input, take);
    if (results.length > 0) take(results);
  }

  /** Takes in a tick that wakes nobody: most do not. @returns false if it wakes somebody: then it is to be pushed */
  passTick(clock: number): boolean {
    if (!this.#wheel.rests(clock)) return false;
    this.#times.tickClock = clock;
    return true;
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
    const snapshot = new ScopesSnapshot([...this.#scopes], this.#options);
    this.#snapshot = snapshot;
    return this.#finish(snapshot, {
      views: this.#views.shapes(),
      clock: this.#times.tickClock,
      late: this.lateReadings,
      revised: this.revisedWindows,
      pushedOn: this.pushedOn,
    });
  }

  *#finish(snapshot: ScopesSnapshot, head: Omit<WindowSetState, 'scopes'>): Generator<void, WindowSetState> {
    const scopes = yield* snapshot.finish();
    if (this.#snapshot === snapshot) this.#snapshot = null;
    return { ...head, scopes };
  }

  #count({ late, pushedOn }: Pick<WindowSetState, 'late' | 'pushedOn'>): void {
    this.#takingIn.late = late;
    this.#givingOut.pushedOn = pushedOn;
  }

  #restore(scopes: readonly Scope[]): void {
    for (const scope of scopes) {
      this.#scopes.put(scope);
      this.#givingOut.afterRestore(scope);
      // The next tick finds out who has become idle.
      this.#wheel.add(scope, this.#times.tickClock);
    }
  }

  /** @returns results that are left */
  #tick(clock: number, take: TakeResults): WindowResult[] {
    let results: WindowResult[] = [];
    this.#times.tickClock = clock;
    // By age, whatever brought them into the wheel when.
    for (const scope of this.#wheel.take(clock).sort((a, b) => a.number - b.number)) {
      const until = scope.sleepsUntil(this.#times.idleAfterMs);
      this.#wheel.add(scope, until > clock ? until : this.#wake(scope, results));
      results = passedOn(results, take);
    }
    return results;
  }

  /** @returns when it is to be woken again */
  #wake(scope: Scope, results: WindowResult[]): number {
    this.#snapshot?.before(scope);
    scope.leaveLane();
    scope.watermark.tick();
    this.#givingOut.afterTick(scope, results);
    this.#openLane(scope);
    return scope.watermark.sleepsUntil(scope.due);
  }

  /** @returns results that are left */
  #take(input: Readings, take: TakeResults): WindowResult[] {
    let results: WindowResult[] = [];
    if (this.#snapshot !== null) this.#writeBefore(input, this.#snapshot);
    const wakeAt = input.clock + this.#timing.idleAfterMs;
    this.#takingIn.take(input, (scope) => {
      scope.watermark.settle();
      if (scope.wakeAt > wakeAt) this.#wheel.add(scope, wakeAt);
      this.#givingOut.afterReadings(scope, results);
      this.#openLane(scope);
      results = passedOn(results, take);
    });
    return results;
  }

  #writeBefore({ picks: { members, length } }: Readings, snapshot: ScopesSnapshot): void {
    for (let i = 0; i < length; i++) snapshot.before(this.#scopes.at(this.#scopes.scopeOf[members[i]!]!));
  }

  /** Whoever looks early wants to know of every reading. */
  #openLane(scope: Scope): void {
    if (!this.#views.early) scope.openLane(this.#timing.delayMs, this.#maxHeld);
  }
}

/** Has results taken if they are many. @returns those that are left */
function passedOn(results: WindowResult[], take: TakeResults): WindowResult[] {
  if (results.length < RESULTS_AT_A_TIME) return results;
  take(results);
  return [];
}
