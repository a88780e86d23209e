import type { ReadingBatch } from '@seawall/model';
import { KEEP_FOR_GOOD, type SeriesStore } from '@seawall/ports';
import { fillStore } from '../../support/fill-store.ts';
import { pastTheLog } from '../../support/hub-metrics.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startHub } from '../../support/start-hub.ts';
import { CityBatches, DOMAIN, type CityReadings } from './city-readings.ts';

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
  await describeStations(dataDir, city);
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

async function describeStations(dataDir: string, { stations, metrics }: CityReadings): Promise<void> {
  const hub = await startHub({ dataDir });
  try {
    const client = await RawClient.connect(hub.mqtt, 'describer');
    for (const { device, labels } of stations) {
      const units = Object.fromEntries(metrics.map(({ name, unit }) => [name, { unit }]));
      const description = { ...labels, name: `Station ${device}`, interval: '60s', metrics: units };
      const fate = await client.publish(`city/${DOMAIN}/${device}/attributes`, JSON.stringify(description));
      if (fate !== 'acknowledged') throw new Error(`The hub did not take the description of ${device}.`);
    }
    client.destroy();
    await pastTheLog(hub.http, ['writer', 'registrar']);
    await hub.stop();
  } finally {
    if (hub.isRunning()) await hub.kill9();
  }
}
