import { formatRfc3339 } from '@seawall/calendar';
import Table from 'cli-table3';
import { answerNotes, type AnswerMarks } from './answer-notes.ts';

/** The API's answer, as far as the table shows it. */
export interface QueryAnswer extends AnswerMarks {
  readonly series: readonly {
    readonly domain: string;
    readonly metric: string;
    readonly unit: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly time: readonly number[];
    readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  }[];
  readonly next: string | null;
  /** Starts of buckets that hold less than their time. */
  readonly partial: readonly number[];
}

const MAX_ROWS = 2_000;
const PARTIAL = '*';

/** A table a series, its name above it; ends with a line that says what was left out, if anything was. */
export function queryTable(answer: QueryAnswer): string {
  const notes = answerNotes(answer).map((note) => `${note}\n`);
  if (answer.series.length === 0) return ['No readings in this range.\n', ...notes].join('');
  const partial = new Set(answer.partial);
  const parts: string[] = [];
  let rows = 0;
  let marked = false;
  for (const series of answer.series) {
    const shown = series.time.slice(0, Math.max(0, MAX_ROWS - rows));
    rows += series.time.length;
    marked ||= shown.some((time) => partial.has(time));
    if (shown.length > 0) parts.push(`${heading(series)}\n${table(series, shown, partial)}\n`);
  }
  if (rows > MAX_ROWS) parts.push(`… ${rows - MAX_ROWS} more rows; --csv or --json shows them all.\n`);
  if (marked)
    parts.push(
      `${PARTIAL} holds less than its time, of one series at least: the range cuts it, or something of it has expired.\n`,
    );
  parts.push(...notes);
  if (answer.next !== null)
    parts.push('There is more: the answer was cut at its limit. Raise --limit or narrow the range.\n');
  return parts.join('\n');
}

type AnsweredSeries = QueryAnswer['series'][number];

function heading({ domain, metric, unit, labels }: AnsweredSeries): string {
  const names = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [`${domain} ${metric}${unit === null ? '' : ` [${unit}]`}`, ...names].join('  ');
}

function table({ values }: AnsweredSeries, times: readonly number[], partial: ReadonlySet<number>): string {
  const names = Object.keys(values);
  const drawn = new Table({
    head: ['time', ...names],
    colAligns: ['left', ...names.map(() => 'right' as const)],
    style: { head: [], border: [] },
  });
  times.forEach((time, row) => {
    const mark = partial.has(time) ? ` ${PARTIAL}` : '';
    drawn.push([`${formatRfc3339(time)}${mark}`, ...names.map((name) => format(values[name]![row]))]);
  });
  return drawn.toString();
}

function format(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : String(Number(value.toPrecision(8)));
}
