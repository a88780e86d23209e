import { answerSeriesKey, QUERY_SOURCES, type QueryChunk, type QueryPosition, type QuerySource } from '@seawall/model';
import { partialBuckets } from './bucket-index.ts';
import { movedBack } from './comparison.ts';
import { fillGaps } from './fill-gaps.ts';
import { encodeCursor } from './page-cursor.ts';
import type { PlannedQuery } from './planned-query.ts';

/** What is known of an answer once it has ended. */
export interface AnswerEnd {
  /** The cursor of the next page, or null if this was the last. */
  readonly next: string | null;
  /** The coarsest of what its points were computed from. */
  readonly source: QuerySource;
  /** The greatest relative error of a percentile, where one comes from a sketch; else percentiles are exact. */
  readonly percentileError?: number;
  /** Where the range reaches behind what is kept: from here on (epoch ms) all of it is answered. Of the readings' own times. */
  readonly expiredBefore?: number;
  /** Starts of the buckets that hold less than their time: those that the range cuts, and those that lack what has expired. */
  readonly partial: readonly number[];
}

/** One page of an answer: gaps filled, what a former page gave passed over, cut at the limit. */
export class AnswerPage {
  readonly #plan: PlannedQuery;
  #next: string | null = null;
  #source: QuerySource = 'raw';
  #percentileError = 0;
  #expiredBefore = -Infinity;
  readonly #partial: Set<number>;
  /** Many chunks of a series have the same. */
  #noted: ReadonlySet<number> | undefined;

  constructor(plan: PlannedQuery) {
    this.#plan = plan;
    this.#partial = new Set(partialBuckets(plan));
  }

  /** Only once the chunks have ended. */
  get end(): AnswerEnd {
    const [percentileError, expiredBefore] = [this.#percentileError, this.#expiredBefore];
    return {
      next: this.#next,
      source: this.#source,
      ...(percentileError > 0 && { percentileError }),
      ...(expiredBefore > -Infinity && { expiredBefore }),
      partial: [...this.#partial].sort((a, b) => a - b),
    };
  }

  async *chunks(answered: AsyncIterable<QueryChunk>): AsyncGenerator<QueryChunk> {
    const { page, comparison } = this.#plan;
    const told = this.#told(answered);
    const placed = comparison === undefined ? told : movedBack(comparison, told);
    let room = page.limit;
    let last: QueryPosition | undefined;
    for await (const chunk of fillGaps(this.#plan, placed)) {
      const key = answerSeriesKey(this.#plan, chunk);
      const fresh = part(chunk, firstAfter(chunk, key, page.given), chunk.time.length);
      const shown = part(fresh, 0, room);
      if (shown.time.length > 0) {
        this.#note(shown);
        yield shown;
        room -= shown.time.length;
        last = { series: key, time: shown.time.at(-1)! };
      }
      if (shown.time.length < fresh.time.length) {
        this.#next = this.#cursorAfter(last!);
        return;
      }
    }
  }

  /** Those with points. */
  async *#told(chunks: AsyncIterable<QueryChunk>): AsyncGenerator<QueryChunk> {
    for await (const chunk of chunks) {
      this.#expiredBefore = Math.max(this.#expiredBefore, chunk.expiredBefore ?? -Infinity);
      // Also those without a point: nothing else would tell of them.
      if (chunk.partial !== undefined) this.#notePartial(chunk.partial);
      if (chunk.time.length > 0) yield chunk;
    }
  }

  #notePartial(starts: ReadonlySet<number>): void {
    if (starts === this.#noted) return;
    this.#noted = starts;
    const { comparison } = this.#plan;
    for (const start of starts) {
      const shown = comparison === undefined ? start : comparison.shown(start);
      if (shown !== undefined) this.#partial.add(shown);
    }
  }

  #note({ source = 'raw', percentileError = 0 }: QueryChunk): void {
    if (QUERY_SOURCES.indexOf(source) > QUERY_SOURCES.indexOf(this.#source)) this.#source = source;
    this.#percentileError = Math.max(this.#percentileError, percentileError);
  }

  #cursorAfter(given: QueryPosition): string {
    const { fingerprint, from, to } = this.#plan;
    return encodeCursor(fingerprint, { from, to, given });
  }
}

function firstAfter({ time }: QueryChunk, key: string, given: QueryPosition | undefined): number {
  if (given === undefined || key > given.series) return 0;
  if (key < given.series) return time.length;
  const first = time.findIndex((t) => t > given.time);
  return first < 0 ? time.length : first;
}

function part(chunk: QueryChunk, begin: number, end: number): QueryChunk {
  if (begin === 0 && end >= chunk.time.length) return chunk;
  const values = Object.entries(chunk.values).map(([name, column]) => [name, column.subarray(begin, end)] as const);
  return { ...chunk, time: chunk.time.subarray(begin, end), values: Object.fromEntries(values) };
}
