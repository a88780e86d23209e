import { readFileSync } from 'node:fs';
import type { Zone } from './zone.ts';

/** One series as it stands in the files, each time once; event times are epoch ms, ascending. */
export interface RecordedSeries {
  readonly device: string;
  readonly metric: string;
  readonly time: readonly number[];
  readonly value: readonly number[];
}

/**
 * A recording read from its files by plain string splitting: none of the hub's, the simulator's or a library's code
 * decides here what is in them.
 */
export interface Recording {
  readonly title: string;
  readonly domain: string;
  readonly zone: Zone;
  /** Other zones in which its days are asked for, for the sake of their long and short days. */
  readonly alsoInZones?: readonly Zone[];
  /** The mapping's name, for replaying and importing; that of its folder too. */
  readonly mapping: string;
  readonly folder: string;
  readonly by: 'replay' | 'import';
  readonly rows: number;
  /** Numeric cells. */
  readonly readings: number;
  /** Of these, how many had come before with the same series and time: they are stored once. */
  readonly repeated: number;
  /** Of `readings`, how many lie outside what the mapping declares as their metric's min and max. */
  readonly outOfRange: number;
  /** Cells that say there is no reading. */
  readonly missing: number;
  readonly series: readonly RecordedSeries[];
}

/** The rows of a file, the header's first. */
export function rowsOf(file: string, delimiter = ','): string[][] {
  const lines = readFileSync(file, 'utf8').replaceAll('"', '').trimEnd().split(/\r?\n/);
  return lines.map((line) => line.split(delimiter));
}

export function numberOf(cell: string): number {
  const value = Number(cell);
  if (cell.trim() === '' || !Number.isFinite(value))
    throw new Error(`A cell of the recording says "${cell}", which is neither a number nor NA.`);
  return value;
}

/** Series of one device with a row a time, from columns under headers. `NA` is no reading. */
export function seriesOfColumns(
  [header, ...rows]: readonly string[][],
  device: string,
  metrics: Readonly<Record<string, string>>,
  timeOf: (cells: readonly string[]) => number,
): { readonly series: RecordedSeries[]; readonly missing: number; readonly rows: number } {
  let missing = 0;
  const times = rows.map(timeOf);
  const series = Object.entries(metrics).map(([column, metric]) => {
    const at = header!.indexOf(column);
    const kept = rows.flatMap((cells, row) => (cells[at] === 'NA' ? [] : [row]));
    missing += rows.length - kept.length;
    return {
      device,
      metric,
      time: kept.map((row) => times[row]!),
      value: kept.map((row) => numberOf(rows[row]![at]!)),
    };
  });
  return { series, missing, rows: rows.length };
}

export function readingsIn(series: readonly RecordedSeries[]): number {
  return series.reduce((sum, { time }) => sum + time.length, 0);
}
