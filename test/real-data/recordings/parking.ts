import { join } from 'node:path';
import { numberOf, readingsIn, rowsOf, type Recording, type RecordedSeries } from '../recording.ts';
import { LONDON, offsetAt } from '../zone.ts';

/** 30 car parks, by the clocks of Birmingham, with rows that come twice and occupancies no car park can have. */
export function readParking(data: string): Recording {
  const folder = join(data, 'birmingham_parking');
  const rows = rowsOf(join(folder, 'dataset.csv')).slice(1);
  const capacityOf = new Map<string, number>();
  const cells = new Map<string, Map<number, number>>();
  let outOfRange = 0;
  for (const [device, capacity, occupancy, local] of rows as [string, string, string, string][]) {
    const time = utcOf(local);
    if (!capacityOf.has(device)) capacityOf.set(device, numberOf(capacity));
    if (numberOf(occupancy) < 0 || numberOf(occupancy) > capacityOf.get(device)!) outOfRange++;
    put(cells, `${device}\toccupancy`, time, numberOf(occupancy));
    put(cells, `${device}\tcapacity`, time, numberOf(capacity));
  }
  const series = [...cells].map(([name, values]) => seriesOf(name, values));
  return {
    title: 'Birmingham parking',
    domain: 'traffic',
    zone: LONDON,
    mapping: 'birmingham_parking',
    folder,
    by: 'import',
    rows: rows.length,
    readings: 2 * rows.length,
    repeated: 2 * rows.length - readingsIn(series),
    outOfRange,
    missing: 0,
    series,
  };
}

/** No row lies in the hour that came twice, at night. */
function utcOf(local: string): number {
  const asUtc = Date.parse(`${local.replace(' ', 'T')}Z`);
  return asUtc - offsetAt(LONDON, asUtc - LONDON.offsetMs);
}

/** What comes later wins. */
function put(cells: Map<string, Map<number, number>>, series: string, time: number, value: number): void {
  const known = cells.get(series) ?? new Map<number, number>();
  cells.set(series, known.set(time, value));
}

function seriesOf(name: string, values: ReadonlyMap<number, number>): RecordedSeries {
  const [device, metric] = name.split('\t') as [string, string];
  const time = [...values.keys()].sort((a, b) => a - b);
  return { device, metric, time, value: time.map((t) => values.get(t)!) };
}
