import { RawClient } from '../support/raw-client.ts';
import { deviceId, type LoadPlan } from '../support/load-plan.ts';
import { waitUntil } from '../support/wait-until.ts';

export const DEVICES = 100_000;
const CONNECTIONS = 50;
const MINUTE_MS = 60_000;
const DISTRICTS = ['harbour', 'old-town', 'station', 'university', 'heights', 'meadows', 'riverside', 'airport'];
const TYPES = ['roadside', 'background', 'industrial', 'mobile'];
/** Descriptions that wait for their PUBACK, on each connection. */
const IN_FLIGHT = 100;

/** What a city watches: by district and by device, over windows of up to an hour that begin every five minutes. */
export const CITY_RULES = [
  rule('smog-by-district', '1h', 'above: 400, clear: 300, for: 30m', '[district]'),
  rule('smog-by-district-and-type', '15m', 'above: 500, clear: 450', '[district, type]'),
  rule('smog-by-device', '1h', 'above: 1200', '[device]'),
  rule('clean-air-sensor', '15m', 'below: 5, for: 15m', '[device]'),
].join('');

/** A hundred thousand devices, each with a reading a minute, in turn. @param baseTime event time of the first, epoch ms */
export function cityPlan(baseTime: number): LoadPlan {
  return {
    run: 'city',
    domain: 'environment',
    connections: CONNECTIONS,
    devicesPerConnection: DEVICES / CONNECTIONS,
    metrics: ['pm25'],
    baseTime,
    stepMs: MINUTE_MS,
    staggered: true,
  };
}

/** Says of every device what an integrator would: name, type, district, place, interval and unit. */
export async function describeDevices(mqtt: string, plan: LoadPlan): Promise<void> {
  await Promise.all(Array.from({ length: plan.connections }, (_, connection) => describe(mqtt, plan, connection)));
}

async function describe(mqtt: string, plan: LoadPlan, connection: number): Promise<void> {
  const client = await RawClient.connect(mqtt, `describer-${connection}`);
  for (let device = 0; device < plan.devicesPerConnection; device++) {
    const id = deviceId(plan, connection, device);
    client.publishUnawaited(
      `city/${plan.domain}/${id}/attributes`,
      JSON.stringify(description(id, connection, device)),
    );
    // The CONNACK is the first packet.
    const answered = () => client.packets.length - 1 >= device + 1 - IN_FLIGHT;
    if (!answered()) await waitUntil('descriptions are acknowledged', answered, 60_000, 2);
  }
  await waitUntil('all is described', () => client.packets.length > plan.devicesPerConnection, 60_000);
  client.destroy();
}

function description(id: string, connection: number, device: number) {
  const n = device * CONNECTIONS + connection;
  return {
    name: `Air sensor ${id}`,
    type: TYPES[Math.floor(n / DISTRICTS.length) % TYPES.length],
    district: DISTRICTS[n % DISTRICTS.length],
    location: { lat: 22.2 + (n % 317) / 1000, lon: 113.5 + (n % 311) / 1000 },
    interval: '60s',
    metrics: { pm25: { unit: 'ug/m3', min: 0, max: 1000 } },
  };
}

function rule(id: string, window: string, threshold: string, groupBy: string): string {
  return `- { id: ${id}, severity: warning, when: { domain: environment, metric: pm25, aggregate: mean, window: ${window}, every: 5m, ${threshold} }, groupBy: ${groupBy} }\n`;
}
