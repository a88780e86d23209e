import { durationMs } from '@seawall/calendar';
import { aggregateOf, type Aggregate } from './aggregates/index.ts';
import { COUNT, MARK, NEWEST, nextSlice, partialOf, START } from './closed-slices.ts';
import type { GivenWindows } from './given-windows.ts';
import { closeRows } from './grid-view.ts';
import type { Scope, ScopeView } from './scope.ts';
import type { Segment } from './segment.ts';
import { earlyResult, finalResult, type Combined, type View } from './view.ts';
import type { SessionWindows, WindowResult, WindowTiming } from './window-types.ts';

/** Readings less than the gap apart, from the first of them to the last. */
interface Session {
  readonly start: number;
  last: number;
  count: number;
  mark: number;
  /** Where its closed part is; undefined if nothing of it is closed. */
  readonly closedAt: number | undefined;
  /** Rows of open segments, in order. */
  readonly pieces: { readonly segment: number; readonly from: number; readonly to: number }[];
}

/** Windows from the first reading after a gap to a gap after the last. A closed slice of it is the closed part of a session. */
export class SessionView implements View {
  readonly number: number;
  readonly shape: SessionWindows;
  readonly aggregate: Aggregate;
  readonly #gapMs: number;
  readonly #latenessMs: number;

  /** @throws RangeError if the gap is no duration of fixed length */
  constructor(number: number, shape: SessionWindows, timing: WindowTiming) {
    this.number = number;
    this.shape = shape;
    this.aggregate = aggregateOf(shape.aggregate);
    this.#gapMs = durationMs(shape.session);
    this.#latenessMs = timing.allowedLatenessMs;
  }

  giveOut(scope: Scope, state: ScopeView, changed: readonly number[], out: WindowResult[]): void {
    const watermark = scope.watermark.value;
    const horizon = scope.horizon(this.#latenessMs);
    state.due = state.oldest = Infinity;
    let revisable = Infinity;
    for (const session of this.#sessionsOf(scope, state)) {
      const end = session.last + this.#gapMs;
      // Given out, and out of reach.
      if (end <= state.nextStart) continue;
      if (end > horizon) revisable = Math.min(revisable, session.start);
      if (end > watermark) {
        state.due = end;
        state.oldest = session.start;
        break;
      }
      this.#give(scope, state, session, changed, out);
    }
    state.given.forget(horizon, revisable);
    state.nextStart = Math.max(state.nextStart, horizon);
  }

  dueBy(_state: ScopeView, time: number): number {
    return time + this.#gapMs;
  }

  lookEarly(scope: Scope, state: ScopeView, changed: ReadonlySet<number>, out: WindowResult[]): void {
    const watermark = scope.watermark.value;
    const times = [...changed];
    for (const session of this.#sessionsOf(scope, state)) {
      const { start, last } = session;
      if (last + this.#gapMs <= watermark || !times.some((time) => time >= start && time <= last)) continue;
      const combined = this.#combine(scope, state, session);
      if (combined !== null) out.push(earlyResult(scope, this.number, combined));
    }
  }

  close(scope: Scope, state: ScopeView): void {
    const segment = scope.segments[0]!;
    for (let { from } = segment, to = from; from < segment.to; from = to) {
      to = this.#pieceEnd(segment, from);
      const time = segment.page.time[from]!;
      closeRows(scope, state, this.aggregate, [from, to], (last) =>
        last === undefined || time - state.closed[last + NEWEST]! >= this.#gapMs ? time : undefined,
      );
    }
  }

  forget({ segments }: Scope, state: ScopeView, horizon: number): number {
    const { closed, given, due } = state;
    // What is closed of a session goes with the rest of it.
    const next = segments[0]?.page.time[segments[0].from] ?? Infinity;
    const isOver = (newest: number) => newest + this.#gapMs <= horizon && next - newest >= this.#gapMs;
    let end = 0;
    while (end < closed.length && isOver(closed[end + NEWEST]!)) end = nextSlice(closed, end, this.aggregate);
    if (end > 0) state.ownClosed.splice(0, end);
    // Those that have been passed are part of a session in progress, which has its own time.
    const ends = [(closed[NEWEST] ?? Infinity) + this.#gapMs, given.firstEnd];
    return Math.min(...ends.filter((each) => each > horizon && due === Infinity), Infinity);
  }

  /** Unless it has been given out just so. */
  #give(scope: Scope, state: ScopeView, session: Session, changed: readonly number[], out: WindowResult[]): void {
    const { given } = state;
    const { start, last } = session;
    const end = last + this.#gapMs;
    const at = given.find(start);
    const covered = startsGiven(given, at, end);
    const own = covered[0] === start;
    const isTouched = changed.some((time) => time >= start && time <= last);
    if (own && covered.length === 1 && given.endOf(at) === end && !isTouched) return;
    const combined = this.#combine(scope, state, session);
    if (combined === null || (covered.length === 1 && own && given.isAsGiven(at, combined))) return;
    const revision = own ? given.revisionOf(at) + 1 : 1;
    const replaces = own ? covered.slice(1) : covered;
    const result = finalResult(scope, this.number, combined, revision);
    out.push(replaces.length === 0 ? result : { ...result, replaces });
    given.put(at, covered.length, combined, revision);
  }

  #combine(scope: Scope, { closed }: ScopeView, session: Session): Combined | null {
    const { start, last, count, mark, closedAt, pieces } = session;
    const { aggregate } = this;
    const partial = closedAt === undefined ? aggregate.init() : partialOf(closed, closedAt, aggregate);
    for (const { segment, from, to } of pieces) scope.add(aggregate, partial, segment, from, to);
    const end = last + this.#gapMs;
    const value = aggregate.result(partial, end - start);
    return value === null ? null : { start, end, value, count, newest: last, mark };
  }

  /** All that there are readings of, in order. */
  #sessionsOf(scope: Scope, { closed }: ScopeView): Session[] {
    scope.settleAll();
    const sessions: Session[] = [];
    for (let at = 0; at < closed.length; at = nextSlice(closed, at, this.aggregate)) {
      const [start, count, last, mark] = [
        closed[at + START]!,
        closed[at + COUNT]!,
        closed[at + NEWEST]!,
        closed[at + MARK]!,
      ];
      sessions.push({ start, last, count, mark, closedAt: at, pieces: [] });
    }
    scope.segments.forEach((segment, number) => this.#addPieces(sessions, segment, number));
    return sessions;
  }

  #addPieces(sessions: Session[], segment: Segment, number: number): void {
    for (let { from } = segment, to = from; from < segment.to; from = to) {
      to = this.#pieceEnd(segment, from);
      const { time } = segment.page;
      const mark = segment.markOf(from, to);
      const session = sessions.at(-1);
      const piece = { segment: number, from, to };
      if (session === undefined || time[from]! - session.last >= this.#gapMs) {
        const [start, last] = [time[from]!, time[to - 1]!];
        sessions.push({ start, last, count: to - from, mark, closedAt: undefined, pieces: [piece] });
        continue;
      }
      session.last = time[to - 1]!;
      session.count += to - from;
      session.mark = Math.max(session.mark, mark);
      session.pieces.push(piece);
    }
  }

  /** The row behind those from `from` on that are less than the gap apart. */
  #pieceEnd({ page: { time }, to: end }: Segment, from: number): number {
    let to = from + 1;
    while (to < end && time[to]! - time[to - 1]! < this.#gapMs) to++;
    return to;
  }
}

/** The starts of the windows given out from `from` on that begin before `end`. */
function startsGiven(given: GivenWindows, from: number, end: number): number[] {
  const starts: number[] = [];
  for (let at = from; at < given.length && given.startOf(at) < end; at++) starts.push(given.startOf(at));
  return starts;
}
