import { join } from 'node:path';
import { numberOf, readingsIn, rowsOf, type Recording } from '../recording.ts';
import { LOS_ANGELES } from '../zone.ts';

const FIVE_MINUTES = 300_000;

/** 207 loop detectors, a row each five minutes from 2012-03-01 00:00 in Los Angeles. */
export function readFreeway(data: string): Recording {
  const folder = join(data, 'la_freeway_speed');
  const [devices, ...rows] = rowsOf(join(folder, 'los_speed_wide.csv'));
  const start = Date.UTC(2012, 2, 1) - LOS_ANGELES.offsetMs;
  const series = devices!.map((device, column) => ({
    device,
    metric: 'speed',
    time: rows.map((_, row) => start + row * FIVE_MINUTES),
    value: rows.map((cells) => numberOf(cells[column]!)),
  }));
  return {
    title: 'Los Angeles freeway',
    domain: 'traffic',
    zone: LOS_ANGELES,
    mapping: 'la_freeway_speed',
    folder,
    by: 'replay',
    rows: rows.length,
    readings: readingsIn(series),
    ...{ repeated: 0, outOfRange: 0, missing: 0 },
    series,
  };
}
