import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { noInfluxBecause, startInflux, type InfluxServer, type InfluxServerOptions } from './influx-server.ts';

/** The suite's server; each test takes a database of its own. */
export interface SuiteServer extends InfluxServer {
  newDatabase(): string;
}

let databases = 0;

/** Runs what is described with a real InfluxDB, or leaves it out aloud where there is none. */
export function influxSuite(body: (server: () => SuiteServer) => void, options: InfluxServerOptions = {}): void {
  const because = noInfluxBecause();
  if (because !== undefined && process.env['SEAWALL_REQUIRE_SERVERS'] === '1') throw new Error(`${because}.`);
  (because === undefined ? describe : describe.skip)('with a real InfluxDB', () => {
    let dir: string;
    let server: SuiteServer;
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'seawall-influx-'));
      server = { ...(await startInflux(dir, options)), newDatabase: () => `test-${databases++}` };
    }, 130_000);
    afterAll(async () => {
      await server.kill();
      await rm(dir, { recursive: true, force: true });
    });
    body(() => server);
  });
}
