import type { Aggregate } from './aggregates/index.ts';
import { Columns } from './columns.ts';
import type { StreamReader, StreamWriter } from './number-stream.ts';
import { Scope } from './scope.ts';
import { newSlice, type Segment, type Slice } from './slices.ts';
import type { WatermarkOptions } from './watermark.ts';

/** Writes all that a scope goes on from. Columns are settled by it, which changes no result. */
export function writeScope(scope: Scope, out: StreamWriter): void {
  const { value, idleSince, idleFrom } = scope.watermark.save();
  out.text(scope.key);
  // NaN stands for null.
  out.number(value, idleSince ?? NaN, idleFrom, scope.nextStart, scope.names.length);
  scope.watermark.members.forEach(({ newest, heardAt, idle }, i) => {
    out.text(scope.names[i]!);
    out.number(newest, heardAt, idle ? 1 : 0);
  });
  out.number(scope.slices.length);
  for (const slice of scope.slices) writeSlice(slice, scope, out);
}

/** Reads what `writeScope` wrote. */
export function readScope(from: StreamReader, options: WatermarkOptions, aggregate: Aggregate): Scope {
  const key = from.text();
  const [value, idleSince, idleFrom, nextStart] = [from.number(), from.number(), from.number(), from.number()];
  const scope = new Scope(key, options, { value, idleSince: Number.isNaN(idleSince) ? null : idleSince, idleFrom });
  scope.nextStart = nextStart;
  // Looked at with the next input, which finds out what is due.
  scope.due = -Infinity;
  from.list(() => {
    scope.restoreMember(from.text(), { newest: from.number(), heardAt: from.number(), idle: from.number() === 1 });
  });
  scope.slices.push(...from.list(() => readSlice(from, scope, aggregate)));
  return scope;
}

function writeSlice(
  { start, end, partial, count, newest, mark, segments }: Slice,
  scope: Scope,
  out: StreamWriter,
): void {
  out.number(start, end, count, newest, mark, ...partial, segments.length);
  for (const segment of segments) writeSegment(segment, scope, out);
}

function readSlice(from: StreamReader, scope: Scope, aggregate: Aggregate): Slice {
  const slice = newSlice(from.number(), from.number(), aggregate);
  slice.count = from.number();
  slice.newest = from.number();
  slice.mark = from.number();
  for (let i = 0; i < slice.partial.length; i++) slice.partial[i] = from.number();
  slice.segments.push(...from.list(() => readSegment(from, scope)));
  return slice;
}

function writeSegment({ start, end, columns }: Segment, scope: Scope, out: StreamWriter): void {
  columns.settle(scope.ranks);
  out.number(start, end);
  out.column(columns.time, columns.length);
  out.column(columns.value, columns.length);
  out.column(columns.member, Math.min(columns.length, columns.member.length));
}

function readSegment(from: StreamReader, scope: Scope): Segment {
  const [start, end] = [from.number(), from.number()];
  const [time, value, member] = [from.column(), from.column(), from.column()];
  const columns = new Columns();
  for (let i = 0; i < time.length; i++) columns.append(time[i]!, value[i]!, member[i] ?? 0, scope.ranks);
  scope.held += time.length;
  return { start, end, columns };
}
