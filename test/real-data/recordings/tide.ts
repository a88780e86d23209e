import { join } from 'node:path';
import { readingsIn, rowsOf, seriesOfColumns, type Recording } from '../recording.ts';
import { NEW_YORK, UTC } from '../zone.ts';

/** One gauge, every six minutes of 2013 in UTC; its days are also asked for as the people of the place count them. */
export function readTide(data: string): Recording {
  const folder = join(data, 'noaa_tide_new_london');
  const table = rowsOf(join(folder, '8461490_2013_6min.csv'));
  const read = seriesOfColumns(table, '8461490', { water_level_m_mhw: 'water_level' }, ([time]) => Date.parse(time!));
  return {
    title: 'New London tide',
    domain: 'environment',
    zone: UTC,
    alsoInZones: [NEW_YORK],
    mapping: 'noaa_tide_new_london',
    folder,
    by: 'import',
    ...read,
    readings: readingsIn(read.series),
    ...{ repeated: 0, outOfRange: 0 },
  };
}
