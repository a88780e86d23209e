import { pastTheLog } from '../../support/hub-metrics.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startHub, type HubOptions } from '../../support/start-hub.ts';
import { DOMAIN, type CityReadings } from './city-readings.ts';

/** Tells a hub of its stations, as integrators do, and stops it. */
export async function describeStations(options: HubOptions, { stations, metrics }: CityReadings): Promise<void> {
  const hub = await startHub(options);
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
