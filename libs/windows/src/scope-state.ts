import { StreamReader, type NumberStream, type StreamWriter } from './number-stream.ts';
import { Scope, ScopeView, type ScopeRoom } from './scope.ts';
import type { Segment } from './segment.ts';
import type { Views } from './views.ts';
import { Watermark, type WatermarkState, type WatermarkTiming } from './watermark.ts';

/** Stands before a scope's number of members where the only one has the scope's name: most scopes are one device. */
const NAMESAKE = -1;

/** What a set's scopes have in common. */
export interface ScopeOptions extends ScopeRoom {
  readonly times: WatermarkTiming;
  readonly latenessMs: number;
  readonly views: Views;
}

export function newScope(key: string, number: number, options: ScopeOptions, watermark?: WatermarkState): Scope {
  const { times, numbers } = options;
  const mark = new Watermark(times, watermark, numbers);
  // They follow each other in the set's array: with the views' numbers a scope takes three or four lines of the processor's cache.
  const views = options.views.all.map((view) => (view === null ? undefined : new ScopeView(numbers)));
  return new Scope(key, number, views, options, mark);
}

/** Writes all that a scope goes on from. Segments are settled by it, which changes no result. */
export function writeScope(scope: Scope, { views, latenessMs, times }: ScopeOptions, out: StreamWriter): void {
  scope.leaveLane();
  const { value, idleSince } = scope.watermark.save();
  out.text(scope.key);
  out.number(value);
  // NaN stands for null.
  out.number(idleSince ?? NaN);
  // What is closed stays closed, should more lateness be allowed from now on.
  out.number(Math.max(scope.watermark.at(times.tickClock) - latenessMs, scope.floor));
  writeMembers(scope, out);
  for (const view of scope.views) if (view !== undefined) writeView(view, out);
  if (views.ofIncreases) {
    out.column(scope.last.time);
    out.column(scope.last.value);
  }
  out.number(scope.segments.length);
  for (const segment of scope.segments) writeSegment(segment, scope, out);
}

/** Reads scopes that stand with their numbers before them, in pieces and in any order. @returns them by number */
export function readScopes(pieces: readonly NumberStream[], options: ScopeOptions): Scope[] {
  const scopes: Scope[] = [];
  for (const piece of pieces) {
    const from = new StreamReader(piece);
    while (!from.isAtEnd) scopes.push(readScope(from, from.number(), options));
  }
  return scopes.sort((a, b) => a.number - b.number);
}

/** Reads what `writeScope` wrote. */
function readScope(from: StreamReader, number: number, options: ScopeOptions): Scope {
  const key = from.text();
  const [value, idleSince] = [from.number(), from.number()];
  const state = { value, idleSince: Number.isNaN(idleSince) ? null : idleSince };
  const scope = newScope(key, number, options, state);
  scope.floor = from.number();
  readMembers(scope, from);
  for (const view of scope.views) if (view !== undefined) readView(view, from);
  if (options.views.ofIncreases) {
    for (const time of from.column()) scope.last.time.push(time);
    for (const of of from.column()) scope.last.value.push(of);
  }
  scope.segments = from.list(() => readSegment(from, scope, options));
  return scope;
}

function writeView({ nextStart, closed, given }: ScopeView, out: StreamWriter): void {
  out.number(nextStart);
  out.column(closed);
  out.column(given.save());
}

function readView(view: ScopeView, from: StreamReader): void {
  view.nextStart = from.number();
  for (const number of from.column()) view.ownClosed.push(number);
  view.given.restore(from.column());
}

function writeMembers({ key, names, watermark }: Scope, out: StreamWriter): void {
  const namesake = names.length === 1 && names[0] === key;
  out.number(namesake ? NAMESAKE : names.length);
  for (let i = 0; i < names.length; i++) {
    const { newest, heardAt } = watermark.saveMember(i);
    if (!namesake) out.text(names[i]!);
    out.number(newest);
    out.number(heardAt);
  }
}

function readMembers(scope: Scope, from: StreamReader): void {
  const written = from.number();
  const members = written === NAMESAKE ? 1 : written;
  for (let i = 0; i < members; i++) {
    const name = written === NAMESAKE ? scope.key : from.text();
    scope.restoreMember(name, { newest: from.number(), heardAt: from.number() });
  }
}

function writeSegment(segment: Segment, scope: Scope, out: StreamWriter): void {
  segment.settle(scope);
  const { start, page, from, to } = segment;
  out.number(start);
  out.column(page.time, from, to);
  out.column(page.value, from, to);
  out.column(segment.members());
  out.column(segment.marks());
}

function readSegment(from: StreamReader, scope: Scope, { pool }: ScopeOptions): Segment {
  const start = from.number();
  const [time, value, member, marks] = [from.column(), from.column(), from.column(), from.column()];
  const segment = pool.take(start, time.length);
  for (let i = 0; i < time.length; i++) {
    segment.append(time[i]!, value[i]!, member[i] ?? 0, marks[i] ?? marks[0]!, scope);
  }
  scope.held += time.length;
  return segment;
}
