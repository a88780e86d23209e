import { ForeignStoreError } from '@seawall/ports';
import { refuseForeign } from './foreign-store.ts';
import { BodyRefusedError } from './influx-failures.ts';
import { InfluxConnection } from './influx-connection.ts';
import { refuseVersion } from './set-up.ts';
import { settingsOf, type InfluxStoreOptions } from './settings.ts';
import { loadPlace } from './store-state.ts';

/** What a look at an InfluxDB found. */
export interface InfluxProbe {
  /** Where it is, without secrets. */
  readonly place: string;
  readonly database: string;
  /** As it says; undefined where it did not answer. */
  readonly version: string | undefined;
  /**
   * Whether it took a write, of nothing; `absent` where there is no such database or bucket yet, `foreign` where it would but
   * has been written from another log than the one given.
   */
  readonly write: 'taken' | 'absent' | 'foreign' | 'refused' | 'not tried';
  /** The sentence of what is wrong; undefined where nothing is. */
  readonly failure: string | undefined;
}

/** A comment is no line: whoever takes it stores nothing. */
const NOTHING = '# seawall';

/** Looks whether an InfluxDB answers and may be written to, and changes nothing. @throws Error when a setting is none */
export async function probeInflux(options: InfluxStoreOptions): Promise<InfluxProbe> {
  const connection = new InfluxConnection(settingsOf(options));
  try {
    return await probe(connection);
  } finally {
    connection.close();
  }
}

async function probe(connection: InfluxConnection): Promise<InfluxProbe> {
  const { place, database } = connection;
  let version: string | undefined;
  try {
    version = await connection.version();
    refuseVersion(version);
    await writeNothing(connection);
    if (connection.log !== undefined) refuseForeign(connection, (await loadPlace(connection)).log);
    return { place, database, version, write: 'taken', failure: undefined };
  } catch (error) {
    const failure = (error as Error).message;
    if (version === undefined) return { place, database, version, write: 'not tried', failure };
    if (error instanceof ForeignStoreError) return { place, database, version, write: 'foreign', failure };
    const write = /not found/.test(failure) ? 'absent' : 'refused';
    return { place, database, version, write, failure };
  }
}

async function writeNothing(connection: InfluxConnection): Promise<void> {
  try {
    await connection.write('hub', NOTHING);
  } catch (error) {
    // Some say that there was nothing to write, which they say only to those who may.
    if (!(error instanceof BodyRefusedError)) throw error;
  }
}
