import { ForeignStoreError } from '@seawall/ports';
import type { InfluxConnection } from './influx-connection.ts';

/**
 * Places in another log mean nothing in this one: what lies before the cursor would never be written.
 * @param owner the log that the database has been written from; undefined where it has not been @throws ForeignStoreError
 */
export function refuseForeign(
  { log, place, database }: Pick<InfluxConnection, 'log' | 'place' | 'database'>,
  owner: string | undefined,
): void {
  if (log === undefined || owner === undefined || owner === log) return;
  throw new ForeignStoreError(
    `The database "${database}" of InfluxDB at ${place} holds what another hub has written, or this one before its data directory was begun anew. ` +
      'Give this hub a database of its own, or remove that one first.',
  );
}
