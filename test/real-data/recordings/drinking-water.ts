import { join } from 'node:path';
import { readingsIn, rowsOf, seriesOfColumns, type Recording } from '../recording.ts';
import { BERLIN, UTC } from '../zone.ts';

const FOLDER = 'gecco_water_quality';
const METRICS: Readonly<Record<string, string>> = {
  Tp: 'temperature',
  Cl: 'chlorine_dioxide',
  Cl_2: 'chlorine_dioxide_2',
  pH: 'ph',
  Redox: 'redox',
  Leit: 'conductivity',
  Trueb: 'turbidity',
  Fm: 'flow',
  Fm_2: 'flow_2',
  EVENT: 'event',
};

/** One plant, a minute a row without a gap through the end of summer time: read as UTC. */
export function readDrinkingWater(data: string): Recording {
  const folder = join(data, FOLDER);
  const table = rowsOf(join(folder, 'gecco2018_train.csv'));
  const read = seriesOfColumns(table, 'gecco-water-plant', METRICS, ([time]) => utcOf(time!));
  return {
    title: 'Drinking water',
    domain: 'utility',
    zone: UTC,
    alsoInZones: [BERLIN],
    mapping: FOLDER,
    folder,
    by: 'import',
    ...read,
    readings: readingsIn(read.series),
    ...{ repeated: 0, outOfRange: 0 },
  };
}

/** The first and the last minute of each event that people found, epoch ms. */
export function labelledEvents(data: string): { readonly first: number; readonly last: number }[] {
  const rows = rowsOf(join(data, FOLDER, 'events_train.csv')).slice(1);
  return rows.map(([first, last]) => ({ first: utcOf(first!), last: utcOf(last!) }));
}

function utcOf(local: string): number {
  return Date.parse(`${local.replace(' ', 'T')}Z`);
}
