import type { Buckets, QueryChunk, QueryPlan } from '@seawall/model';
import { bucketCount, bucketIndex, bucketStart } from './bucket-index.ts';
import { isDayStep } from './bucket-grid.ts';
import { movedCells, type Cell } from './moved-cells.ts';
import { isByCalendar, type Offset } from './read-offset.ts';
import { shownTime, storedFrom, storedTo, stretchesOf, type Stretch } from './stretches.ts';
import { WallEdges } from './wall-edges.ts';

/** A question asked of another time: what the store is asked, and where its answer is shown. */
export interface Comparison {
  /** As asked: "-7d". */
  readonly offset: string;
  readonly asked: QueryPlan;
  /** Where a point of the store's answer is shown; undefined where it is the counterpart of nothing. */
  shown(time: number): number | undefined;
}

/** More than any answer has, where points that are not shown must not count. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER - 1;

/** `plan`, with `limit` and `after` as the store would be asked for the range itself, asked of the range at the offset. */
export function compareAt(offset: Offset, plan: QueryPlan): Comparison {
  if (plan.buckets === undefined) {
    return plan.aggregate.length === 0 ? compareReadings(offset, plan) : compareWhole(offset, plan);
  }
  return compareBuckets(offset, plan, plan.buckets);
}

function compareReadings(offset: Offset, plan: QueryPlan): Comparison {
  const stretches = stretchesOf(offset, plan.timeZone, Math.floor(plan.from), Math.ceil(plan.to));
  const whole = stretches.every(({ stored }, i) => {
    const before = stretches[i - 1];
    return before === undefined || before.stored + before.lengthMs === stored;
  });
  const range = rangeWithin(stretches, plan);
  const { after } = plan;
  const time = after && (storedFrom(stretches, after.time) ?? range.to);
  return {
    offset: offset.text,
    asked: {
      ...plan,
      ...range,
      limit: whole ? plan.limit : NO_LIMIT,
      ...(after && { after: { ...after, time: time! } }),
    },
    shown: (stored) => shownTime(stretches, stored),
  };
}

function compareWhole(offset: Offset, plan: QueryPlan): Comparison {
  const range = isByCalendar(offset)
    ? new WallEdges(offset, plan.timeZone, plan.from, plan.to).range(plan)
    : rangeWithin(stretchesOf(offset, plan.timeZone, plan.from, plan.to), plan);
  const { after } = plan;
  return {
    offset: offset.text,
    asked: { ...plan, ...range, ...(after && { after: { ...after, time: range.from } }) },
    shown: () => plan.from,
  };
}

function compareBuckets(offset: Offset, plan: QueryPlan, buckets: Buckets): Comparison {
  const count = bucketCount(buckets, plan.to);
  const end = buckets.kind === 'listed' ? buckets.end : bucketStart(buckets, count);
  const begin = bucketStart(buckets, 0);
  const byEdges = isByCalendar(offset) && isDayStep(plan.step!);
  const edges = byEdges ? new WallEdges(offset, plan.timeZone, begin, end) : undefined;
  const stretches = byEdges ? [] : stretchesOf(offset, plan.timeZone, begin, end);
  const cells = edges?.cells(plan.step!, buckets, count) ?? movedCells(stretches, buckets, count);
  const range = edges?.range(plan) ?? rangeWithin(stretches, plan);
  const laid = layCells(buckets, cells);
  const shown = (time: number) => {
    const index = laid.cellOf(bucketIndex(laid.buckets, time));
    return index === undefined ? undefined : bucketStart(buckets, index);
  };
  const { after } = plan;
  const time = after && (after.time === -Infinity ? after.time : cells[bucketIndex(buckets, after.time)]!.from);
  return {
    offset: offset.text,
    asked: {
      ...plan,
      ...range,
      buckets: laid.buckets,
      limit: laid.leavesOut ? NO_LIMIT : plan.limit,
      ...(after && { after: { ...after, time: time! } }),
    },
    shown,
  };
}

function rangeWithin(stretches: readonly Stretch[], { from, to }: QueryPlan): { from: number; to: number } {
  const begin = storedFrom(stretches, from) ?? stretches.at(-1)?.stored ?? from;
  return { from: begin, to: Math.max(begin, storedTo(stretches, to) ?? begin) };
}

interface LaidCells {
  readonly buckets: Buckets;
  /** The number of the cell that a bucket holds; undefined for one that holds what lies between cells. */
  cellOf(index: number): number | undefined;
  readonly leavesOut: boolean;
}

/** Cells as buckets of a store, which follow each other without gaps and are never empty. */
function layCells(base: Buckets, cells: readonly Cell[]): LaidCells {
  const starts: number[] = [];
  const cellOf: (number | undefined)[] = [];
  let end = cells[0]!.from;
  cells.forEach(({ from, to }, i) => {
    if (from >= to) return;
    if (starts.length > 0 && from > end) {
      starts.push(end);
      cellOf.push(undefined);
    }
    starts.push(from);
    cellOf.push(i);
    end = to;
  });
  // Where nothing is compared the store still needs a bucket, if one that holds nothing.
  if (starts.length === 0)
    return { buckets: { kind: 'listed', starts: [end], end: end + 1 }, cellOf: () => undefined, leavesOut: false };
  if (starts.length === cells.length && base.kind === 'fixed') {
    const [origin, { stepMs }] = [starts[0]!, base];
    const regular =
      starts.every((start, i) => start === origin + i * stepMs) && end === origin + starts.length * stepMs;
    if (regular) return { buckets: { kind: 'fixed', origin, stepMs }, cellOf: (index) => index, leavesOut: false };
  }
  return {
    buckets: { kind: 'listed', starts, end },
    cellOf: (index) => cellOf[index],
    leavesOut: cellOf.includes(undefined),
  };
}

/** The chunks of a store's answer under the times at which they are shown. */
export async function* movedBack(
  comparison: Comparison,
  chunks: AsyncIterable<QueryChunk>,
): AsyncGenerator<QueryChunk> {
  for await (const chunk of chunks) {
    const times = Array.from(chunk.time, (time) => comparison.shown(time));
    const kept = [...times.keys()].filter((i) => times[i] !== undefined);
    if (kept.length === 0) continue;
    const columnOf = (column: Float64Array) => Float64Array.from(kept, (i) => column[i]!);
    const values = Object.entries(chunk.values).map(([name, column]) => [name, columnOf(column)] as const);
    const partial = chunk.partial && {
      partial: new Set([...chunk.partial].flatMap((start) => comparison.shown(start) ?? [])),
    };
    const time = Float64Array.from(kept, (i) => times[i]!);
    yield { ...chunk, time, values: Object.fromEntries(values), ...partial };
  }
}
