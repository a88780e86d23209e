import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { query } from '../support/http.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const ROWS = 50;
const MAPPING = `title: t
files: '*.csv'
time: { column: at, format: epochSeconds }
domain: weather
device: { column: station }
metrics: { temp: { column: temp, unit: Cel, min: 0, max: 30 } }
`;
/** Discard: nothing listens there. */
const NOWHERE = '127.0.0.1:9';

describe('seawall import and simulate --replay', () => {
  let folder: string;
  let hub: RunningHub;

  beforeAll(async () => {
    folder = await makeTempDir('import');
    hub = await startHub({ dataDir: join(folder, 'data') });
  }, 60_000);

  afterAll(async () => {
    await hub?.stop();
    await removeTempDir(folder);
  });

  /** A station's rows and the mapping with one change; @returns the arguments that name them */
  async function files(station: string, from = '', to = ''): Promise<[string, string]> {
    const rows = Array.from({ length: ROWS }, (_, i) => `${1_500_000_000 + i * 60},${station},${i + 1}`);
    const csv = join(folder, `${station}.csv`);
    const mapping = join(folder, `${station}.yaml`);
    await writeFile(csv, ['at,station,temp', ...rows, ''].join('\n'));
    await writeFile(mapping, MAPPING.replace(from, to));
    return [csv, mapping];
  }

  const addresses = () => ['--url', hub.http, '--mqtt-url', hub.mqtt];

  async function runImport(station: string, from?: string, to?: string, at = addresses()) {
    const [csv, mapping] = await files(station, from, to);
    return runSeawall(['import', csv, '--mapping', mapping, ...at]);
  }

  it('end with 0 when all was taken, tell what is flagged, and store nothing twice', async () => {
    for (let run = 0; run < 2; run++) {
      const { code, stdout } = await runImport('good');
      expect(stdout).toMatch(/50 readings accepted, of 1 device\.\n20 of them lie outside the min and max/);
      expect(code).toBe(0);
    }
    const document = { metrics: ['temp'], where: { device: ['good'] }, from: '2017-07-14T00:00:00Z', to: 'now' };
    const { series } = await query(hub.http, { ...document, aggregate: ['count'] });
    expect(series[0]).toMatchObject({ unit: 'Cel', values: { count: [ROWS] } });
  }, 60_000);

  it('end with 2 and what to write for a mapping that is wrong', async () => {
    const { code, stderr } = await runImport('wrong', 'unit: Cel', 'unit: degF');
    expect(stderr).toMatch(/wrong\.yaml is wrong\. metrics\.temp\.unit: "degF" is not a UCUM unit; write "\[degF\]"\./);
    expect(code).toBe(2);
  }, 60_000);

  it('end with 1 and the reasons when the hub rejects a description or the readings', async () => {
    const described = await runImport(
      'described',
      'domain: weather',
      'describe: { district: "a\\\\" }\ndomain: weather',
    );
    expect(described.stdout).toMatch(
      /bad-description .* city\/weather\/described\/attributes "district" ends in a backslash/,
    );
    expect(described.code).toBe(1);
    const [csv, mapping] = await files('heavy', 'unit: Cel', 'unit: kg');
    const replay = await runSeawall(['simulate', '--replay', csv, '--mapping', mapping, ...addresses()]);
    expect(replay.stdout).toMatch(/incommensurable-unit │ 51 /);
    expect(replay.code).toBe(1);
  }, 60_000);

  it('end with 1 and a sentence when no hub is there', async () => {
    const mqttAway = await runImport('away', '', '', ['--url', hub.http, '--mqtt-url', `mqtt://${NOWHERE}`]);
    expect(mqttAway.stderr).toMatch(/No hub answers at mqtt:.* Is it running, and is this its MQTT address\?/);
    expect(mqttAway.code).toBe(1);
    const httpAway = await runImport('away', '', '', ['--url', `http://${NOWHERE}`, '--mqtt-url', hub.mqtt]);
    expect(httpAway.stderr).toMatch(/No hub answers at http:.* Is it running, and is this its HTTP address\?/);
    expect(httpAway.code).toBe(1);
  }, 60_000);
});
