import { answerSeriesKey, type Buckets, type Fill, type QueryChunk } from '@seawall/model';
import { bucketCount, bucketIndex, bucketStart } from './bucket-index.ts';
import type { PlannedQuery } from './planned-query.ts';

const POINTS_PER_CHUNK = 4096;

/**
 * Gives every answered series a point for each bucket of the range. Only what the range itself holds is used, so
 * before the first point of a series `previous` and `linear` answer null, and after the last one `linear` does.
 */
export async function* fillGaps(plan: PlannedQuery, chunks: AsyncIterable<QueryChunk>): AsyncGenerator<QueryChunk> {
  const { buckets, fill } = plan;
  if (buckets === undefined || fill === 'none') {
    yield* chunks;
    return;
  }
  const count = bucketCount(buckets, plan.to);
  let series: { readonly key: string; readonly filler: SeriesFiller } | undefined;
  for await (const chunk of chunks) {
    const key = answerSeriesKey(plan, chunk);
    if (series?.key !== key) {
      if (series !== undefined) yield* series.filler.finish(count);
      series = { key, filler: new SeriesFiller(buckets, fill, chunk) };
    }
    yield* series.filler.add(chunk);
  }
  if (series !== undefined) yield* series.filler.finish(count);
}

/** A point that was answered: bucket and value by aggregate. */
interface Point {
  readonly index: number;
  readonly values: readonly number[];
}

class SeriesFiller {
  readonly #buckets: Buckets;
  readonly #fill: Fill;
  /** The last chunk of the series: names, unit and labels are the same in all, what they were computed from is not. */
  #head: QueryChunk;
  readonly #names: readonly string[];
  #last: Point | undefined;

  constructor(buckets: Buckets, fill: Fill, first: QueryChunk) {
    this.#buckets = buckets;
    this.#fill = fill;
    this.#head = first;
    this.#names = Object.keys(first.values);
  }

  *add(chunk: QueryChunk): Generator<QueryChunk> {
    this.#head = chunk;
    const out = new ChunkColumns(this.#head, this.#names);
    for (let i = 0; i < chunk.time.length; i++) {
      const values = this.#names.map((name) => chunk.values[name]![i]!);
      const point = { index: bucketIndex(this.#buckets, chunk.time[i]!), values };
      yield* this.#gap(out, point.index, point);
      out.add(chunk.time[i]!, values);
      if (out.length === POINTS_PER_CHUNK) yield out.take();
      this.#last = point;
    }
    if (out.length > 0) yield out.take();
  }

  /** The gap from the last point to the end of the range. */
  *finish(count: number): Generator<QueryChunk> {
    const out = new ChunkColumns(this.#head, this.#names);
    yield* this.#gap(out, count, undefined);
    if (out.length > 0) yield out.take();
  }

  *#gap(out: ChunkColumns, end: number, next: Point | undefined): Generator<QueryChunk> {
    for (let index = (this.#last?.index ?? -1) + 1; index < end; index++) {
      const time = bucketStart(this.#buckets, index);
      const values = this.#names.map((_, name) => this.#filled(time, name, next));
      out.add(time, values);
      if (out.length === POINTS_PER_CHUNK) yield out.take();
    }
  }

  #filled(time: number, name: number, next: Point | undefined): number {
    if (typeof this.#fill === 'number') return this.#fill;
    const last = this.#last;
    if (this.#fill === 'null' || last === undefined) return NaN;
    if (this.#fill === 'previous') return last.values[name]!;
    if (next === undefined) return NaN;
    const start = bucketStart(this.#buckets, last.index);
    const share = (time - start) / (bucketStart(this.#buckets, next.index) - start);
    return last.values[name]! * (1 - share) + next.values[name]! * share;
  }
}

/** Columns being filled, under the head of the chunk they belong to. */
class ChunkColumns {
  readonly #head: QueryChunk;
  readonly #names: readonly string[];
  readonly #time = new Float64Array(POINTS_PER_CHUNK);
  readonly #values: readonly Float64Array[];
  length = 0;

  constructor(head: QueryChunk, names: readonly string[]) {
    this.#head = head;
    this.#names = names;
    this.#values = names.map(() => new Float64Array(POINTS_PER_CHUNK));
  }

  add(time: number, values: readonly number[]): void {
    this.#time[this.length] = time;
    for (let i = 0; i < values.length; i++) this.#values[i]![this.length] = values[i]!;
    this.length++;
  }

  take(): QueryChunk {
    const { length } = this;
    this.length = 0;
    const values = this.#names.map((name, i) => [name, this.#values[i]!.slice(0, length)] as const);
    return { ...this.#head, time: this.#time.slice(0, length), values: Object.fromEntries(values) };
  }
}
