import { join } from 'node:path';
import { readingsIn, rowsOf, seriesOfColumns, type Recording } from '../recording.ts';
import { PARIS } from '../zone.ts';

const METRICS: Readonly<Record<string, string>> = {
  Global_active_power: 'active_power',
  Global_reactive_power: 'reactive_power',
  Voltage: 'voltage',
  Global_intensity: 'current',
  Sub_metering_1: 'energy_kitchen',
  Sub_metering_2: 'energy_laundry',
  Sub_metering_3: 'energy_heating',
};

/** One meter with three sub-meters, a minute a row, d/m/yyyy by the clocks of Paris. */
export function readHousehold(data: string): Recording {
  const folder = join(data, 'household_power');
  const table = rowsOf(join(folder, 'household_power_consumption_2006-12-16_2007-01-11.txt'), ';');
  const read = seriesOfColumns(table, 'sceaux-meter-1', METRICS, ([date, clock]) => {
    const [day, month, year] = date!.split('/').map(Number) as [number, number, number];
    const [hour, minute, second] = clock!.split(':').map(Number) as [number, number, number];
    return Date.UTC(year, month - 1, day, hour, minute, second) - PARIS.offsetMs;
  });
  return {
    title: 'Household power',
    domain: 'utility',
    zone: PARIS,
    mapping: 'household_power',
    folder,
    by: 'import',
    ...read,
    readings: readingsIn(read.series),
    ...{ repeated: 0, outOfRange: 0 },
  };
}
