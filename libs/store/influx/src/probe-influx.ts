import { BodyRefusedError } from './influx-failures.ts';
import { InfluxConnection } from './influx-connection.ts';
import { settingsOf, type InfluxStoreOptions } from './settings.ts';

/** What a look at an InfluxDB found. */
export interface InfluxProbe {
  /** Where it is, without secrets. */
  readonly place: string;
  readonly database: string;
  /** As it says; undefined where it did not answer. */
  readonly version: string | undefined;
  /** Whether it took a write, of nothing; `absent` where there is no such database or bucket yet. */
  readonly write: 'taken' | 'absent' | 'refused' | 'not tried';
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
    await connection.write('hub', NOTHING);
    return { place, database, version, write: 'taken', failure: undefined };
  } catch (error) {
    // Some say that there was nothing to write, which they say only to those who may.
    if (error instanceof BodyRefusedError) return { place, database, version, write: 'taken', failure: undefined };
    const failure = (error as Error).message;
    if (version === undefined) return { place, database, version, write: 'not tried', failure };
    const write = /not found/.test(failure) ? 'absent' : 'refused';
    return { place, database, version, write, failure };
  }
}
