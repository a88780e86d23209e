import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readingsIn, rowsOf, seriesOfColumns, type Recording } from '../recording.ts';
import { SHANGHAI } from '../zone.ts';

const METRICS: Readonly<Record<string, string>> = {
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

/** Six stations, eleven metrics, hourly in Shanghai's time, NA where nothing was measured. */
export function readBeijing(data: string): Recording {
  const folder = join(data, 'beijing_air_quality');
  const files = readdirSync(folder).filter((name) => name.startsWith('PRSA_Data_'));
  const stations = files.sort().map((file) => readStation(join(folder, file)));
  const series = stations.flatMap((station) => station.series);
  return {
    title: 'Beijing air quality',
    domain: 'environment',
    zone: SHANGHAI,
    mapping: 'beijing_air_quality',
    folder,
    by: 'import',
    rows: stations.reduce((sum, { rows }) => sum + rows, 0),
    readings: readingsIn(series),
    missing: stations.reduce((sum, { missing }) => sum + missing, 0),
    ...{ repeated: 0, outOfRange: 0 },
    series,
  };
}

function readStation(file: string) {
  const table = rowsOf(file);
  const at = (column: string) => table[0]!.indexOf(column);
  const clock = ['year', 'month', 'day', 'hour'].map(at);
  return seriesOfColumns(table, table[1]![at('station')]!, METRICS, (cells) => {
    const [year, month, day, hour] = clock.map((column) => Number(cells[column])) as [number, number, number, number];
    return Date.UTC(year, month - 1, day, hour) - SHANGHAI.offsetMs;
  });
}
