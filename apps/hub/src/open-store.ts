import type { SeriesStore } from '@seawall/ports';
import { openDuckDbStore } from '@seawall/store-duckdb';
import type { InfluxStoreOptions } from '@seawall/store-influx';
import type { Settings } from './config/settings.ts';
import type { DataDirectory } from './data-directory.ts';
import { opening } from './data-unusable-error.ts';
import { hubId } from './hub-id.ts';

const INFLUX_URL = 'http://127.0.0.1:8086';
const INFLUX_DATABASE = 'seawall';
/** A body of five thousand lines takes a tenth of a second; whoever takes this long hangs. */
const INFLUX_REQUEST_MS = 10_000;
const DUCKDB_MEMORY_MB = 1024;

/**
 * The store that the settings choose: in the data directory, or elsewhere, and then it need not be there yet.
 * @param influxToken what InfluxDB is shown @throws DataUnusableError
 */
export async function openStore(
  settings: Settings,
  { store: path, hubId: idPath }: DataDirectory,
  influxToken: string | undefined,
): Promise<SeriesStore> {
  const { queryTimeoutMs, storeMemoryMb: memoryLimitMb = DUCKDB_MEMORY_MB } = settings;
  switch (settings.store) {
    case 'duckdb':
      return opening('series store', path, () => openDuckDbStore({ path, memoryLimitMb, queryTimeoutMs }));
    case 'influx': {
      const { openInfluxStore } = await import('./influx-store.ts');
      return openInfluxStore({ ...influxOptions(settings, influxToken), log: await hubId(idPath) });
    }
  }
}

export function influxOptions(settings: Settings, token: string | undefined): InfluxStoreOptions {
  const { influxUrl, influxDatabase, influxOrg: org, influxApi: api, queryTimeoutMs } = settings;
  return {
    url: influxUrl ?? INFLUX_URL,
    database: influxDatabase ?? INFLUX_DATABASE,
    requestTimeoutMs: INFLUX_REQUEST_MS,
    queryTimeoutMs,
    ...(token !== undefined && { token }),
    ...(org !== undefined && { org }),
    ...(api !== undefined && { api }),
  };
}

/** Why a hub with this store can't be backed up by itself, and what to do; undefined where it can. */
export function backupRefusal({ store, influxDatabase = INFLUX_DATABASE }: Settings): string | undefined {
  if (store === 'duckdb') return undefined;
  return (
    `The readings are in InfluxDB, which only its own tools can back up: run "influxd backup -portable -database ${influxDatabase} <folder>" ` +
    'there ("influx backup" of InfluxDB 2), and then stop the hub and copy its data directory; see docs/influxdb.md.'
  );
}
