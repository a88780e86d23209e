import { seriesStoreContract } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

influxSuite((server) => {
  seriesStoreContract(
    'the InfluxDB store',
    () => openInfluxStore({ url: server().url, database: server().newDatabase() }),
    { rollups: true },
  );
});
