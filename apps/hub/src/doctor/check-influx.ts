import type { InfluxProbe } from '@seawall/store-influx';
import { attention, ok, type Finding } from './finding.ts';

/** @param probe undefined where the store is another one */
export function checkInflux(probe: InfluxProbe | undefined): readonly Finding[] {
  return probe === undefined ? [] : [checkProbe(probe)];
}

function checkProbe({ place, database, version, write, failure = '' }: InfluxProbe): Finding {
  const it = `InfluxDB ${version ?? ''} at ${place}`.replace('  ', ' ');
  switch (write) {
    case 'taken':
      return ok('store', `${it} takes what is written into "${database}". How much room it has, it does not tell.`);
    case 'absent':
      return ok('store', `${it} has no "${database}" yet; the hub makes it, or says what to create if it may not.`);
    case 'foreign':
      return attention(
        'store',
        failure,
        'Name another with --influx-database, or drop that one if nobody needs what is in it. A hub does not start on it.',
      );
    case 'refused':
      return attention(
        'store',
        failure,
        `Mend what it names, or give a token by SEAWALL_INFLUX_TOKEN that may write there. ${MEANWHILE}`,
      );
    case 'not tried':
      return attention('store', failure, `Start it, or say where it is with --influx-url. ${MEANWHILE}`);
  }
}

const MEANWHILE =
  'Meanwhile readings are acknowledged and wait in the journal, alerts go on, and queries are answered 503.';
