import { formatRfc3339 } from '@seawall/calendar';
import Table from 'cli-table3';

/** The API's answer, as far as the table shows it. */
export interface QueryAnswer {
  readonly series: readonly {
    readonly domain: string;
    readonly metric: string;
    readonly unit: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly time: readonly number[];
    readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  }[];
  readonly next: string | null;
  readonly offset?: string;
  readonly percentileError?: number;
  readonly expiredBefore?: number;
}

const MAX_ROWS = 2_000;

/** A table a series, its name above it; ends with a line that says what was left out, if anything was. */
export function queryTable(answer: QueryAnswer): string {
  if (answer.series.length === 0) return `No readings in this range.\n${expiry(answer)}`;
  const parts: string[] = [];
  let rows = 0;
  for (const series of answer.series) {
    const shown = series.time.slice(0, Math.max(0, MAX_ROWS - rows));
    rows += series.time.length;
    if (shown.length > 0) parts.push(`${heading(series)}\n${table(series, shown)}\n`);
  }
  if (rows > MAX_ROWS) parts.push(`… ${rows - MAX_ROWS} more rows; --csv or --json shows them all.\n`);
  if (answer.offset !== undefined) parts.push(`These readings are ${answer.offset} from the times beside them.\n`);
  if (answer.percentileError !== undefined)
    parts.push(
      `Percentiles are of sketches, since readings have expired: off by ${Number((answer.percentileError * 100).toPrecision(3))} % at most.\n`,
    );
  if (answer.expiredBefore !== undefined) parts.push(expiry(answer));
  if (answer.next !== null)
    parts.push('There is more: the answer was cut at its limit. Raise --limit or narrow the range.\n');
  return parts.join('\n');
}

function expiry({ expiredBefore }: QueryAnswer): string {
  return expiredBefore === undefined
    ? ''
    : `What lay before ${formatRfc3339(expiredBefore)} has expired, and is not in it. Longer steps may reach further back.\n`;
}

type AnsweredSeries = QueryAnswer['series'][number];

function heading({ domain, metric, unit, labels }: AnsweredSeries): string {
  const names = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [`${domain} ${metric}${unit === null ? '' : ` [${unit}]`}`, ...names].join('  ');
}

function table({ values }: AnsweredSeries, times: readonly number[]): string {
  const names = Object.keys(values);
  const drawn = new Table({
    head: ['time', ...names],
    colAligns: ['left', ...names.map(() => 'right' as const)],
    style: { head: [], border: [] },
  });
  times.forEach((time, row) => drawn.push([formatRfc3339(time), ...names.map((name) => format(values[name]![row]))]));
  return drawn.toString();
}

function format(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : String(Number(value.toPrecision(8)));
}
