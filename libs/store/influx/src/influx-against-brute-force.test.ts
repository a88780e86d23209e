import { bruteForceContract } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

influxSuite((server) => {
  bruteForceContract(
    'the InfluxDB store',
    () => openInfluxStore({ url: server().url, database: server().newDatabase() }),
    { numRuns: process.env['SEAWALL_LONG'] === '1' ? 100 : 15, sources: ['raw', '1h'] },
  );
});
