import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repositoryRoot } from '../support/repository.ts';

/** One series as it stands in the files; event times are epoch ms, ascending. */
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
  readonly timeZone: string;
  /** All of the recording lies in one offset from UTC, so local days need no calendar. */
  readonly offsetMs: number;
  /** The mapping's name, for replaying and importing. */
  readonly mapping: string;
  readonly folder: string;
  readonly rows: number;
  /** Numeric cells. */
  readonly readings: number;
  /** Cells that say there is no reading. */
  readonly missing: number;
  readonly series: readonly RecordedSeries[];
}

const HOUR = 3_600_000;

/** Where the recordings are, or a sentence why there are none. */
export function realDataFolder(): { readonly folder: string } | { readonly absent: string } {
  const folder = resolve(process.env.SEAWALL_REAL_DATA ?? join(repositoryRoot, '../shared/data'));
  const wanted = ['la_freeway_speed', 'beijing_air_quality'].map((name) => join(folder, name));
  const lacking = wanted.filter((path) => !existsSync(path));
  if (lacking.length === 0) return { folder };
  return { absent: `${lacking.join(' and ')} not there; set SEAWALL_REAL_DATA to the folder that holds them` };
}

/** 207 loop detectors, a row each five minutes from 2012-03-01 00:00 in Los Angeles (UTC−8 all that week). */
export function readFreeway(folder: string): Recording {
  const path = join(folder, 'la_freeway_speed');
  const lines = linesOf(join(path, 'los_speed_wide.csv'));
  const devices = lines[0]!.split(',');
  const start = Date.UTC(2012, 2, 1) + 8 * HOUR;
  const series = devices.map((device) => ({ device, metric: 'speed', time: [] as number[], value: [] as number[] }));
  lines.slice(1).forEach((line, row) => {
    line.split(',').forEach((cell, column) => {
      series[column]!.time.push(start + row * 300_000);
      series[column]!.value.push(numberOf(cell));
    });
  });
  const readings = series.reduce((sum, { time }) => sum + time.length, 0);
  const head = {
    title: 'Los Angeles freeway',
    domain: 'traffic',
    timeZone: 'America/Los_Angeles',
    offsetMs: -8 * HOUR,
  };
  return { ...head, mapping: 'la_freeway_speed', folder: path, rows: lines.length - 1, readings, missing: 0, series };
}

const BEIJING_METRICS: Readonly<Record<string, string>> = {
  'PM2.5': 'pm25',
  PM10: 'pm10',
  SO2: 'so2',
  NO2: 'no2',
  CO: 'co',
  O3: 'o3',
  TEMP: 'temperature',
  PRES: 'pressure',
  DEWP: 'dewpoint',
  RAIN: 'rain',
  WSPM: 'wind_speed',
};

/** Six stations, eleven metrics, hourly in Shanghai's time (UTC+8 all year), NA where nothing was measured. */
export function readBeijing(folder: string): Recording {
  const path = join(folder, 'beijing_air_quality');
  const files = readdirSync(path)
    .filter((name) => name.startsWith('PRSA_Data_'))
    .sort();
  const stations = files.map((file) => readStation(join(path, file)));
  const series = stations.flatMap((station) => station.series);
  const total = (count: (station: Station) => number) => stations.reduce((sum, station) => sum + count(station), 0);
  const head = { title: 'Beijing air quality', domain: 'environment', timeZone: 'Asia/Shanghai', offsetMs: 8 * HOUR };
  return {
    ...head,
    mapping: 'beijing_air_quality',
    folder: path,
    rows: total(({ rows }) => rows),
    readings: series.reduce((sum, { time }) => sum + time.length, 0),
    missing: total(({ missing }) => missing),
    series,
  };
}

interface Station {
  readonly rows: number;
  readonly missing: number;
  readonly series: readonly RecordedSeries[];
}

function readStation(file: string): Station {
  const [header, ...lines] = linesOf(file);
  const columns = header!.split(',');
  const at = (name: string) => columns.indexOf(name);
  const clock = ['year', 'month', 'day', 'hour'].map(at);
  const device = lines[0]!.split(',')[at('station')]!;
  let missing = 0;
  const series = Object.entries(BEIJING_METRICS).map(([column, metric]) => {
    return { device, metric, column: at(column), time: [] as number[], value: [] as number[] };
  });
  for (const line of lines) {
    const cells = line.split(',');
    const [year, month, day, hour] = clock.map((column) => Number(cells[column])) as [number, number, number, number];
    const time = Date.UTC(year, month - 1, day, hour) - 8 * HOUR;
    for (const one of series) {
      const cell = cells[one.column]!;
      if (cell === 'NA') {
        missing++;
        continue;
      }
      one.time.push(time);
      one.value.push(numberOf(cell));
    }
  }
  return { rows: lines.length, missing, series };
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').replaceAll('"', '').trimEnd().split(/\r?\n/);
}

function numberOf(cell: string): number {
  const value = Number(cell);
  if (cell.trim() === '' || !Number.isFinite(value))
    throw new Error(`A cell of the recording says "${cell}", which is neither a number nor NA.`);
  return value;
}
