import type { ReadingBatch } from '@seawall/model';
import { KEEP_FOR_GOOD, type SeriesStore } from '@seawall/ports';
import { fillStore } from '../../support/fill-store.ts';
import { CityBatches, type CityReadings } from './city-readings.ts';
import { describeStations } from './describe-stations.ts';

/** As the writer's largest writes are. */
const READINGS_A_WRITE = 262_144;

export interface StoreLoaded {
  readonly writeSeconds: number;
  /** Sealing and rolling up: a piece after each write, and in the end until there is no more. */
  readonly maintainSeconds: number;
}

/**
 * Fills a data directory so that a hub goes on from it: a hub is told of the devices, as integrators do, and stopped;
 * then the readings go into the store by its port, an entry of the journal for each write, so that the two agree.
 */
export async function loadStore(dataDir: string, city: CityReadings): Promise<StoreLoaded> {
  await describeStations({ dataDir }, city);
  const began = performance.now();
  let maintainMs = 0;
  const maintain = async (store: SeriesStore) => {
    const from = performance.now();
    const more = await store.maintain({ now: Date.now(), retention: KEEP_FOR_GOOD });
    maintainMs += performance.now() - from;
    return more;
  };
  // As a hub does that keeps up with its devices.
  const afterEach = async (store: SeriesStore) => void (await maintain(store));
  const finish = async (store: SeriesStore) => {
    while (await maintain(store));
  };
  await fillStore(dataDir, batchesOf(city), { afterEach, finish });
  return { writeSeconds: (performance.now() - began - maintainMs) / 1000, maintainSeconds: maintainMs / 1000 };
}

function* batchesOf(city: CityReadings): Generator<ReadingBatch> {
  const batches = new CityBatches(city);
  const minutes = Math.max(1, Math.floor(READINGS_A_WRITE / city.perMinute));
  for (let batch = batches.next(minutes); batch !== undefined; batch = batches.next(minutes)) yield batch;
}
