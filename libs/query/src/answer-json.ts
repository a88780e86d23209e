import { answerSeriesKey, type QueryChunk } from '@seawall/model';
import { AnswerPage, type AnswerEnd } from './answer-page.ts';
import { numberText } from './number-text.ts';
import type { PlannedQuery } from './planned-query.ts';
import { TextPieces } from './text-pieces.ts';

/**
 * The answer as one JSON document, in pieces. Of the answer one series at a time is held (its columns, not its text),
 * since its times come before its values. Errors of `chunks` pass through, and leave the document unfinished.
 * @returns what the document ends in
 */
export async function* answerJson(
  plan: PlannedQuery,
  chunks: AsyncIterable<QueryChunk>,
): AsyncGenerator<string, AnswerEnd, void> {
  const page = new AnswerPage(plan);
  const pieces = new TextPieces();
  yield* pieces.add('{"series":[');
  let separator = '';
  for await (const series of wholeSeries(plan, page.chunks(chunks))) {
    yield* pieces.add(separator);
    for (const text of seriesTexts(series)) yield* pieces.add(text);
    separator = ',';
  }
  const { step, timeZone, comparison } = plan;
  const moved = comparison && { offset: comparison.offset };
  const { next, partial, ...origin } = page.end;
  const tail = JSON.stringify({ step, timeZone, ...moved, ...origin, partial, next });
  yield* pieces.add(`],${tail.slice(1)}`);
  yield* pieces.rest();
  return page.end;
}

/** Runs of chunks of one series. */
async function* wholeSeries(plan: PlannedQuery, chunks: AsyncIterable<QueryChunk>): AsyncGenerator<QueryChunk[]> {
  let held: QueryChunk[] = [];
  let heldKey = '';
  for await (const chunk of chunks) {
    const key = answerSeriesKey(plan, chunk);
    if (held.length > 0 && key !== heldKey) {
      yield held;
      held = [];
    }
    held.push(chunk);
    heldKey = key;
  }
  if (held.length > 0) yield held;
}

function* seriesTexts(chunks: readonly QueryChunk[]): Generator<string> {
  const { domain, metric, unit, labels, values } = chunks[0]!;
  yield `${JSON.stringify({ domain, metric, unit, labels }).slice(0, -1)},"time":`;
  yield* columnTexts(chunks.map(({ time }) => time));
  yield ',"values":{';
  let separator = '';
  for (const name of Object.keys(values)) {
    yield `${separator}${JSON.stringify(name)}:`;
    yield* columnTexts(chunks.map((chunk) => chunk.values[name]!));
    separator = ',';
  }
  yield '}}';
}

/** One array over all parts; NaN becomes null, as JSON has it. */
function* columnTexts(parts: readonly Float64Array[]): Generator<string> {
  let separator = '[';
  for (const part of parts) {
    for (let begin = 0; begin < part.length; begin += 1024) {
      let text = '';
      for (let i = begin; i < Math.min(begin + 1024, part.length); i++) {
        text += separator + numberText(part[i]!);
        separator = ',';
      }
      yield text;
    }
  }
  yield ']';
}
