import { MqttRecorder } from '../support/mqtt-recorder.ts';
import type { HubAddresses } from '../support/start-hub.ts';
import { checkCongestion, checkSmog, checkWaterEvents, type AlertReport } from './check-alerts.ts';
import { checkParking } from './check-parking.ts';
import { checkAggregates, checkCounts, untilStored, type Check } from './check-readings.ts';
import type { Recording } from './recording.ts';
import { RECORDINGS } from './recordings/index.ts';
import type { Episode } from './reference-episodes.ts';
import { takeIn, type Progress, type Taken } from './take-in.ts';

export interface RealDataReport {
  readonly taken: readonly Taken[];
  readonly checks: readonly Check[];
  /** By rule's subject, as the hub's alerts tell them. */
  readonly episodes: Readonly<Record<string, readonly Episode[]>>;
}

/**
 * Takes recordings into a hub that was started with `RULES_YAML`, one after the other, and compares all the hub says
 * of each with arithmetic of its own.
 * @param names of `RECORDINGS`
 */
export async function verifyRealData(
  hub: HubAddresses,
  folder: string,
  names: readonly string[],
  progress: Progress,
): Promise<RealDataReport> {
  const listener = await MqttRecorder.start(hub.mqtt, ['city/alerts/#']);
  const taken: Taken[] = [];
  const checks: Check[] = [];
  const episodes: Record<string, readonly Episode[]> = {};
  for (const name of names) {
    const recording = RECORDINGS[name]!(folder);
    const entered = await takeIn(hub, recording, progress);
    taken.push(entered.taken);
    checks.push(entered.check, ...(await checkReadings(hub.http, recording, entered.taken, progress)));
    const alerts = await checkAlerts(hub.http, recording, folder, listener);
    if (alerts === undefined) continue;
    checks.push(...alerts.checks);
    episodes[name] = alerts.episodes;
  }
  await listener.stop();
  return { taken, checks, episodes };
}

export function passed({ checks }: RealDataReport): boolean {
  return checks.every(({ compared, mismatches }) => compared > 0 && mismatches.length === 0);
}

async function checkReadings(http: string, recording: Recording, taken: Taken, progress: Progress): Promise<Check[]> {
  await untilStored(http, recording);
  const checks = [await checkCounts(http, recording)];
  const stage = `Checking ${recording.title}`;
  checks.push(...(await checkAggregates(http, recording, (fraction) => progress(stage, fraction))));
  if (recording.mapping === 'birmingham_parking')
    checks.push(...(await checkParking(http, recording, taken.outOfRange)));
  return checks;
}

async function checkAlerts(
  http: string,
  recording: Recording,
  data: string,
  listener: MqttRecorder,
): Promise<AlertReport | undefined> {
  switch (recording.mapping) {
    case 'la_freeway_speed':
      return checkCongestion(http, recording, listener);
    case 'beijing_air_quality':
      return checkSmog(http, recording, listener);
    case 'gecco_water_quality':
      return checkWaterEvents(http, recording, data);
    default:
      return undefined;
  }
}
