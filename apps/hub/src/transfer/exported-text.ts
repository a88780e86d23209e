import { formatRfc3339, parseRfc3339 } from '@seawall/calendar';
import type { ExportedSeries } from './exported-series.ts';

/** A row of a file of readings. */
export interface ExportedRow {
  readonly domain: string;
  readonly device: string;
  readonly metric: string;
  readonly unit: string | null;
  /** Epoch ms, to the microsecond. */
  readonly time: number;
  readonly value: number;
}

/** How readings are written as text, a line each. */
export interface TextFormat {
  /** Before the first reading; empty where there is nothing. */
  readonly header: string;
  /** What stands in the lines of a series around time and value. */
  line(series: ExportedSeries): (time: number, value: number) => string;
  /** @returns undefined for a line that is no reading */
  parse(line: string): ExportedRow | undefined;
}

const COLUMNS = 'time,domain,device,metric,value,unit';

/** RFC 4180, times in RFC 3339. */
export const CSV: TextFormat = {
  header: `${COLUMNS}\r\n`,
  line: ({ domain, device, metric, unit }) => {
    const head = [domain, device, metric].map(cell).join(',');
    const tail = cell(unit ?? '');
    return (time, value) => `${formatRfc3339(time)},${head},${numberText(value)},${tail}\r\n`;
  },
  parse: (line) => {
    const cells = cellsOf(line);
    if (cells?.length !== 6) return undefined;
    const [time, domain, device, metric, value, unit] = cells as [string, string, string, string, string, string];
    return rowOf({ time, domain, device, metric, value: numberOf(value), unit: unit === '' ? null : unit });
  },
};

/** An object a line, times in epoch ms. */
export const NDJSON: TextFormat = {
  header: '',
  line: ({ domain, device, metric, unit }) => {
    const head = JSON.stringify({ domain, device, metric }).slice(1, -1);
    const tail = JSON.stringify(unit);
    return (time, value) => `{"time":${time},${head},"value":${numberText(value)},"unit":${tail}}\n`;
  },
  parse: (line) => {
    let object: unknown;
    try {
      object = JSON.parse(line);
    } catch {
      return undefined; // the caller names the line
    }
    return typeof object === 'object' && object !== null ? rowOf(object as Record<string, unknown>) : undefined;
  },
};

/** Whether a file that begins with this line is CSV as `CSV` writes it; spreadsheets put a mark before it. */
export function isCsvHeader(line: string): boolean {
  return (
    line
      .replace(/^\uFEFF/, '')
      .replaceAll('"', '')
      .trim() === COLUMNS
  );
}

/** The shortest text that reads back as the same double. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function rowOf({
  time,
  domain,
  device,
  metric,
  value,
  unit,
}: Readonly<Record<string, unknown>>): ExportedRow | undefined {
  const at = typeof time === 'string' ? parseRfc3339(time) : time;
  if (typeof at !== 'number' || typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  if (typeof domain !== 'string' || typeof device !== 'string' || typeof metric !== 'string') return undefined;
  return { domain, device, metric, time: at, value, unit: typeof unit === 'string' ? unit : null };
}

function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

/** RFC 4180, 2.5 to 2.7. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Names hold no line ends, so a line is a row. @returns undefined where quotes are not closed */
function cellsOf(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at);
      cells.push(end < 0 ? line.slice(at) : line.slice(at, end));
      at = end < 0 ? line.length + 1 : end + 1;
      continue;
    }
    let end = at + 1;
    while (end < line.length && (line[end] !== '"' || line[end + 1] === '"')) end += line[end] === '"' ? 2 : 1;
    if (end >= line.length || (end + 1 < line.length && line[end + 1] !== ',')) return undefined;
    cells.push(line.slice(at + 1, end).replaceAll('""', '"'));
    at = end + 2;
  }
  return cells;
}
