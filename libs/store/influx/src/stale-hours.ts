import { microsOf } from '@seawall/model';
import type { StoreChange } from '@seawall/ports';
import { HOUR_MICROS } from '@seawall/query';
import type { DeviceHour } from './hour-notes.ts';

/**
 * The hours of devices, before `rollingTo` (microseconds), that readings fall into, each once.
 * @param written the sequence of the last entry whose readings are stored
 */
export function staleHours(changes: readonly StoreChange[], written: number, rollingTo: number): readonly DeviceHour[] {
  const found = new Map<string, DeviceHour>();
  for (const change of changes) {
    if (change.kind !== 'readings' || change.seq <= written) continue;
    const { series, seriesIndex, eventTime } = change.batch;
    let [lastIndex, lastHour] = [-1, NaN];
    for (let i = 0; i < seriesIndex.length; i++) {
      const micros = microsOf(eventTime[i]!);
      if (micros >= rollingTo || micros < 0) continue;
      const hour = Math.floor(micros / HOUR_MICROS) * HOUR_MICROS;
      // Imports bring many in a row.
      if (seriesIndex[i] === lastIndex && hour === lastHour) continue;
      [lastIndex, lastHour] = [seriesIndex[i]!, hour];
      const { domain, device } = series[lastIndex]!;
      found.set(`${hour} ${domain}\u0000${device}`, { domain, device, hour });
    }
  }
  return [...found.values()];
}
