import { answerSeriesKey, type QueryChunk, type QueryPosition } from '@seawall/model';
import { fillGaps } from './fill-gaps.ts';
import { encodeCursor } from './page-cursor.ts';
import type { PlannedQuery } from './planned-query.ts';

/** One page of an answer: gaps filled, what a former page gave passed over, cut at the limit. */
export class AnswerPage {
  readonly #plan: PlannedQuery;
  #next: string | null = null;

  constructor(plan: PlannedQuery) {
    this.#plan = plan;
  }

  /** Once the chunks have ended: the cursor of the next page, or null if this was the last. */
  get next(): string | null {
    return this.#next;
  }

  async *chunks(answered: AsyncIterable<QueryChunk>): AsyncGenerator<QueryChunk> {
    const { page } = this.#plan;
    let room = page.limit;
    let last: QueryPosition | undefined;
    for await (const chunk of fillGaps(this.#plan, answered)) {
      const key = answerSeriesKey(this.#plan, chunk);
      const fresh = part(chunk, firstAfter(chunk, key, page.given), chunk.time.length);
      const shown = part(fresh, 0, room);
      if (shown.time.length > 0) {
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
