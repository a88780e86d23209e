import type { InfluxConnection } from './influx-connection.ts';
import { string, tag } from './influx-ql.ts';
import { DEVICE_TAG, tagValue } from './influx-names.ts';
import { floatText, lineHead } from './line-protocol.ts';

/** No device has this name. */
const NOBODY = tagValue('');

/**
 * Gives measurements a series that is never deleted, in the policy `hub`. InfluxDB 1 forgets a whole measurement, readings
 * and all, when every series that it held at the time of a former deletion has been deleted: one that came after it, or
 * came again, does not count. (1.6.7: write a and b, delete a, write a, delete b.)
 */
export async function keepMeasurements(connection: InfluxConnection, measurements: readonly string[]): Promise<void> {
  if (measurements.length === 0 || (await connection.api()) !== 1) return;
  const lines = measurements.map((name) => `${lineHead(name, { [DEVICE_TAG]: NOBODY })} kept=${floatText(1)} 0`);
  await connection.write('hub', lines.join('\n'));
}

/** For a deletion that goes by time: all but that series. */
export const BUT_KEPT = `${tag(DEVICE_TAG)} != ${string(NOBODY)}`;
