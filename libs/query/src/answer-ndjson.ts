import type { QueryChunk } from '@seawall/model';
import { AnswerPage, type AnswerEnd } from './answer-page.ts';
import { partialBuckets } from './bucket-index.ts';
import { numberText } from './number-text.ts';
import type { PlannedQuery } from './planned-query.ts';
import { TextPieces } from './text-pieces.ts';

/**
 * The answer as one JSON object a line and point, in pieces:
 * `{"domain","metric","unit","labels":{},"time":<epoch ms>,"values":{}}`, with `"partial":true` for a bucket that the
 * range cuts or that lacks what has expired, `"source"` where it is not `raw`, and `"percentileError"` where percentiles come
 * from a sketch. Where something of the range has expired the line `{"expiredBefore":<epoch ms>,"partial":[<starts>]}` follows
 * them, either or both, and an answer that was cut short ends in the line `{"next":"<cursor>"}`.
 * @returns what is known of the answer now that it has ended
 */
export async function* answerNdjson(
  plan: PlannedQuery,
  chunks: AsyncIterable<QueryChunk>,
): AsyncGenerator<string, AnswerEnd, void> {
  const page = new AnswerPage(plan);
  const pieces = new TextPieces();
  const partial = new Set(partialBuckets(plan));
  for await (const chunk of page.chunks(chunks)) {
    const { domain, metric, unit, labels, time, partial: lacking } = chunk;
    const head = JSON.stringify({ domain, metric, unit, labels }).slice(0, -1);
    const columns = Object.entries(chunk.values);
    const origin = originMarks(chunk);
    for (let i = 0; i < time.length; i++) {
      const values = columns.map(([name, column]) => `${JSON.stringify(name)}:${numberText(column[i]!)}`).join(',');
      const mark = partial.has(time[i]!) || lacking?.has(time[i]!) ? ',"partial":true' : '';
      yield* pieces.add(`${head},"time":${time[i]},"values":{${values}}${mark}${origin}}\n`);
    }
  }
  const { end } = page;
  const { expiredBefore } = end;
  const lacking = end.partial.filter((start) => !partial.has(start));
  if (expiredBefore !== undefined || lacking.length > 0)
    yield* pieces.add(`${JSON.stringify({ expiredBefore, ...(lacking.length > 0 && { partial: lacking }) })}\n`);
  if (end.next !== null) yield* pieces.add(`${JSON.stringify({ next: end.next })}\n`);
  yield* pieces.rest();
  return end;
}

function originMarks({ source = 'raw', percentileError }: QueryChunk): string {
  const marked = source === 'raw' ? '' : `,"source":"${source}"`;
  return percentileError === undefined ? marked : `${marked},"percentileError":${percentileError}`;
}
