import type { LabelSpan } from '@seawall/model';
import type { InfluxConnection } from './influx-connection.ts';
import type { Loaded } from './open-influx-store.ts';

export async function retagDevices(
  _connection: InfluxConnection,
  _loaded: Loaded,
  _spans: ReadonlyMap<string, readonly LabelSpan[]>,
): Promise<void> {}
