import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repositoryRoot } from '../../support/repository.ts';
import type { Recording } from '../recording.ts';
import { readBeijing } from './beijing.ts';
import { readDrinkingWater } from './drinking-water.ts';
import { readFreeway } from './freeway.ts';
import { readHousehold } from './household.ts';
import { readParking } from './parking.ts';
import { readTide } from './tide.ts';

/** By the name of its folder, which is its mapping's too. */
export const RECORDINGS: Readonly<Record<string, (data: string) => Recording>> = {
  la_freeway_speed: readFreeway,
  birmingham_parking: readParking,
  noaa_tide_new_london: readTide,
  household_power: readHousehold,
  gecco_water_quality: readDrinkingWater,
  beijing_air_quality: readBeijing,
};

/** Where the recordings are, or a sentence why there are none. */
export function realDataFolder(names: readonly string[]): { readonly folder: string } | { readonly absent: string } {
  const folder = resolve(process.env.SEAWALL_REAL_DATA ?? join(repositoryRoot, '../shared/data'));
  const lacking = names.filter((name) => !existsSync(join(folder, name)));
  if (lacking.length === 0) return { folder };
  return { absent: `${lacking.join(', ')} not in ${folder}; set SEAWALL_REAL_DATA to the folder that holds them` };
}
