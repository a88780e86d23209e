import { InfluxDB } from '@influxdata/influxdb-client';
import { DOMAIN, type CityReadings } from './city-readings.ts';
import type { InfluxServer } from '@seawall/store-influx/testing';

export const DATABASE = 'city';
const LINES_A_BODY = 5_000;

/** One line a station and moment with its four metrics as fields, as its clients write them. @returns seconds */
export async function loadInflux(server: InfluxServer, city: CityReadings): Promise<number> {
  const { transport } = new InfluxDB({ url: server.url, timeout: 120_000 });
  const send = (path: string, body: string) => transport.request(path, body, { method: 'POST' });
  await send(`/query?q=${encodeURIComponent(`CREATE DATABASE ${DATABASE}`)}`, '').catch(refuse);
  const began = performance.now();
  const heads = city.stations.map(
    ({ device, labels }) => `${DOMAIN},device=${device},district=${labels.district},type=${labels.type} `,
  );
  let lines: string[] = [];
  let sending = Promise.resolve();
  for (let values = city.next(); values !== undefined; values = city.next()) {
    addMinute(lines, heads, city, values);
    if (lines.length < LINES_A_BODY) continue;
    const body = lines.join('\n');
    lines = [];
    // The next body is made while this one is taken in.
    await sending;
    sending = send(`/write?db=${DATABASE}&precision=ms`, body).then(() => undefined, refuse);
  }
  await sending;
  if (lines.length > 0) await send(`/write?db=${DATABASE}&precision=ms`, lines.join('\n'));
  return (performance.now() - began) / 1000;
}

function addMinute(lines: string[], heads: readonly string[], city: CityReadings, values: Float64Array): void {
  const { stations, metrics, minuteStart } = city;
  for (let station = 0, at = 0; station < stations.length; station++) {
    let fields = '';
    for (let metric = 0; metric < metrics.length; metric++, at++)
      fields += `${metric === 0 ? '' : ','}${metrics[metric]!.name}=${values[at]}`;
    lines.push(`${heads[station]}${fields} ${minuteStart + stations[station]!.offsetMs}`);
  }
}

function refuse(error: unknown): never {
  throw new Error('InfluxDB did not take what it was sent.', { cause: error });
}
