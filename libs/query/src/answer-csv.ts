import { formatRfc3339 } from '@seawall/calendar';
import type { QueryChunk } from '@seawall/model';
import { AnswerPage, type AnswerEnd } from './answer-page.ts';
import { numberText } from './number-text.ts';
import type { PlannedQuery } from './planned-query.ts';
import { TextPieces } from './text-pieces.ts';

/**
 * The answer as RFC 4180, in pieces: `time,domain,metric,<labels sorted>,<aggregates>`, times in RFC 3339, nulls empty.
 * An answer that was cut short ends in the line `# cut short, next: <cursor>`, which no parser takes for a whole row.
 * @returns what is known of the answer now that it has ended, for which the columns have no room
 */
export async function* answerCsv(
  plan: PlannedQuery,
  chunks: AsyncIterable<QueryChunk>,
): AsyncGenerator<string, AnswerEnd, void> {
  const page = new AnswerPage(plan);
  const pieces = new TextPieces();
  let labelNames: readonly string[] | undefined;
  for await (const chunk of page.chunks(chunks)) {
    if (labelNames === undefined) {
      labelNames = labelColumns(plan, chunk);
      yield* pieces.add(header(plan, labelNames));
    }
    for (const row of rows(plan, labelNames, chunk)) yield* pieces.add(row);
  }
  if (labelNames === undefined) yield* pieces.add(header(plan, labelColumns(plan)));
  const { end } = page;
  if (end.next !== null) yield* pieces.add(`# cut short, next: ${end.next}\r\n`);
  yield* pieces.rest();
  return end;
}

function labelColumns({ aggregate, groupBy }: PlannedQuery, first?: QueryChunk): readonly string[] {
  if (aggregate.length > 0) return groupBy.filter((name) => name !== 'domain').sort();
  return first?.labelNames ?? Object.keys(first?.labels ?? { device: '' }).sort();
}

function header(plan: PlannedQuery, labelNames: readonly string[]): string {
  return `${['time', 'domain', 'metric', ...labelNames, ...valueColumns(plan)].map(cell).join(',')}\r\n`;
}

function valueColumns({ aggregate, flags }: PlannedQuery): readonly string[] {
  if (aggregate.length > 0) return aggregate;
  return flags ? ['value', 'flags'] : ['value'];
}

function* rows(plan: PlannedQuery, labelNames: readonly string[], chunk: QueryChunk): Generator<string> {
  const { domain, metric, labels, time, values } = chunk;
  const stray = Object.keys(labels).find((name) => !labelNames.includes(name));
  // A column can't be added once rows have gone out, and a label must not vanish.
  if (stray !== undefined)
    throw new Error(`The label ${stray} has no column; the store named ${labelNames.join(', ')}.`);
  const head = [domain, metric, ...labelNames.map((name) => (Object.hasOwn(labels, name) ? labels[name]! : ''))]
    .map(cell)
    .join(',');
  const columns = valueColumns(plan).map((name) => values[name]!);
  for (let i = 0; i < time.length; i++) {
    const numbers = columns.map((column) => (Number.isFinite(column[i]) ? numberText(column[i]!) : '')).join(',');
    yield `${formatRfc3339(time[i]!)},${head},${numbers}\r\n`;
  }
}

/** RFC 4180, 2.5 to 2.7. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
