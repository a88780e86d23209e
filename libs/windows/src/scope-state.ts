import type { Aggregate } from './aggregates/index.ts';
import { Columns } from './columns.ts';
import type { StreamReader, StreamWriter } from './number-stream.ts';
import { Scope } from './scope.ts';
import type { Segment } from './slices.ts';
import type { WatermarkOptions } from './watermark.ts';
import type { WindowGrid } from './window-grid.ts';

/** Stands before a scope's number of members where the only one has the scope's name: most scopes are one device. */
const NAMESAKE = -1;

/** Writes all that a scope goes on from. Columns are settled by it, which changes no result. */
export function writeScope(scope: Scope, aggregate: Aggregate, out: StreamWriter): void {
  const { value, idleSince, idleFrom } = scope.watermark.save();
  out.text(scope.key);
  out.number(value);
  // NaN stands for null.
  out.number(idleSince ?? NaN);
  out.number(idleFrom);
  out.number(scope.nextStart);
  writeMembers(scope, out);
  out.column(scope.closed, scope.closed.length);
  if (aggregate.ofIncreases) out.column(scope.lastValues, scope.lastValues.length);
  out.number(scope.segments.length);
  for (const segment of scope.segments) writeSegment(segment, scope, out);
}

/** Reads what `writeScope` wrote. */
export function readScope(
  from: StreamReader,
  options: WatermarkOptions,
  aggregate: Aggregate,
  grid: WindowGrid,
): Scope {
  const key = from.text();
  const [value, idleSince, idleFrom, nextStart] = [from.number(), from.number(), from.number(), from.number()];
  const scope = new Scope(key, options, { value, idleSince: Number.isNaN(idleSince) ? null : idleSince, idleFrom });
  scope.nextStart = nextStart;
  // Looked at with the next input, which finds out what is due.
  scope.due = -Infinity;
  readMembers(scope, from);
  for (const number of from.column()) scope.closed.push(number);
  if (aggregate.ofIncreases) for (const value of from.column()) scope.lastValues.push(value);
  scope.segments.push(...from.list(() => readSegment(from, scope, grid)));
  return scope;
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

function writeSegment({ start, mark, columns }: Segment, scope: Scope, out: StreamWriter): void {
  columns.settle(scope.ranks);
  out.number(start);
  out.number(mark);
  out.column(columns.time, columns.length);
  out.column(columns.value, columns.length);
  out.column(columns.member, Math.min(columns.length, columns.member.length));
}

function readSegment(from: StreamReader, scope: Scope, grid: WindowGrid): Segment {
  const bounds = grid.segmentAt(from.number());
  const mark = from.number();
  return { ...bounds, mark, columns: readColumns(scope, [from.column(), from.column(), from.column()]) };
}

/** Fills the columns of a restored segment; they count as held by the scope. */
export function readColumns(
  scope: Scope,
  [time, value, member]: readonly [time: Float64Array, value: Float64Array, member: Float64Array],
): Columns {
  const columns = new Columns();
  for (let i = 0; i < time.length; i++) columns.append(time[i]!, value[i]!, member[i] ?? 0, scope.ranks);
  scope.held += time.length;
  return columns;
}
