import { importRecording, replayRecording } from '@seawall/devices-sim';
import { MqttRecorder } from '../support/mqtt-recorder.ts';
import type { HubAddresses } from '../support/start-hub.ts';
import { waitUntil } from '../support/wait-until.ts';
import { checkEpisodes, foundEpisodes } from './check-episodes.ts';
import { checkAggregates, checkCounts, untilStored, type Check } from './check-readings.ts';
import { readBeijing, readFreeway, type Recording } from './recorded-files.ts';
import { referenceEpisodes, type Episode } from './reference-episodes.ts';
import { CONGESTION, KNOWN_SMOG, SMOG } from './rules.ts';

export type Progress = (stage: string, fraction: number) => void;

export interface Taken {
  readonly title: string;
  readonly by: string;
  readonly readings: number;
  readonly missing: number;
  readonly seconds: number;
}

export interface RealDataReport {
  readonly taken: readonly Taken[];
  readonly checks: readonly Check[];
  /** Episodes of smog as the hub's alerts tell them. */
  readonly smog: readonly Episode[];
  readonly congestion: readonly Episode[];
}

/**
 * Replays the freeway over MQTT at QoS 1 and imports Beijing's air into a hub that was started with `RULES_YAML`, then
 * compares all the hub says with arithmetic of its own.
 */
export async function verifyRealData(hub: HubAddresses, folder: string, progress: Progress): Promise<RealDataReport> {
  const freeway = readFreeway(folder);
  const beijing = readBeijing(folder);
  const listener = await MqttRecorder.start(hub.mqtt, ['city/alerts/#']);
  const taken = [await replay(hub, freeway, progress), await bringIn(hub, beijing, progress)];
  const checks: Check[] = [];
  for (const recording of [freeway, beijing]) {
    await untilStored(hub.http, recording);
    checks.push(await checkCounts(hub.http, recording));
    const stage = `Checking ${recording.title}`;
    checks.push(...(await checkAggregates(hub.http, recording, (fraction) => progress(stage, fraction))));
  }
  const smog = referenceEpisodes(beijing, SMOG);
  const congestion = referenceEpisodes(freeway, CONGESTION);
  checks.push(await checkEpisodes(hub.http, 'real-smog', 'Beijing: episodes of smog', smog));
  checks.push(await checkEpisodes(hub.http, 'real-congestion', 'Los Angeles: congestion', congestion));
  const found = await foundEpisodes(hub.http, 'real-smog');
  checks.push(checkKnownSmog(beijing, found));
  checks.push(await checkAnnounced(listener, congestion.length));
  await listener.stop();
  return { taken, checks, smog: found, congestion: await foundEpisodes(hub.http, 'real-congestion') };
}

export function passed({ checks }: RealDataReport): boolean {
  return checks.every(({ compared, mismatches }) => compared > 0 && mismatches.length === 0);
}

async function replay(hub: HubAddresses, recording: Recording, progress: Progress): Promise<Taken> {
  const began = performance.now();
  const { readings, missing, rejected, acknowledged, sent } = await replayRecording({
    mapping: recording.mapping,
    data: recording.folder,
    url: hub.mqtt,
    qos: 1,
    onProgress: ({ bytesRead, totalBytes }) =>
      progress(`Replaying ${recording.title} over MQTT`, bytesRead / totalBytes),
  });
  if (acknowledged !== sent || rejected.length > 0)
    throw new Error(`${sent} messages sent, ${acknowledged} acknowledged, rejected: ${JSON.stringify(rejected)}.`);
  return { title: recording.title, by: 'MQTT, QoS 1', readings, missing, seconds: (performance.now() - began) / 1000 };
}

async function bringIn(hub: HubAddresses, recording: Recording, progress: Progress): Promise<Taken> {
  const began = performance.now();
  const { accepted, missing, rejected } = await importRecording({
    mapping: recording.mapping,
    data: recording.folder,
    url: hub.http,
    mqttUrl: hub.mqtt,
    onProgress: ({ bytesRead, totalBytes }) => progress(`Importing ${recording.title}`, bytesRead / totalBytes),
  });
  if (rejected.length > 0) throw new Error(`Rejected on import: ${JSON.stringify(rejected)}.`);
  return {
    title: recording.title,
    by: 'HTTP import',
    readings: accepted,
    missing,
    seconds: (performance.now() - began) / 1000,
  };
}

/** What was replayed over MQTT is as good as live and was announced, start and end; what was imported was not. */
async function checkAnnounced({ heard }: MqttRecorder, congestions: number): Promise<Check> {
  const announced = (rule: string) =>
    heard.filter(({ topic, payload }) => topic.includes(`/${rule}/`) && payload !== '').length;
  const expected = 2 * congestions;
  await waitUntil('all is announced', () => announced('real-congestion') >= expected, 60_000, 100).catch(
    () => undefined, // told below
  );
  const mismatches = [
    ...(announced('real-congestion') === expected
      ? []
      : [`${announced('real-congestion')} messages on congestion, ${expected} expected`]),
    ...(announced('real-smog') === 0 ? [] : [`${announced('real-smog')} messages on imported smog, none expected`]),
  ];
  return { name: 'Announced over MQTT', compared: expected, mismatches };
}

/** Each known time of smog must be seen at four stations of six at least. */
function checkKnownSmog({ offsetMs }: Recording, found: readonly Episode[]): Check {
  const mismatches = KNOWN_SMOG.flatMap(([first, last]) => {
    const from = Date.parse(`${first}T00:00:00Z`) - offsetMs;
    const to = Date.parse(`${last}T24:00:00Z`) - offsetMs;
    const stations = new Set(
      found.filter(({ startsAt, endsAt }) => startsAt < to && (endsAt ?? Infinity) > from).map(({ device }) => device),
    );
    return stations.size >= 4 ? [] : [`the smog of ${first} to ${last} was seen at ${stations.size} stations only`];
  });
  return { name: 'Beijing: the known smog of December 2015 and 2016', compared: KNOWN_SMOG.length, mismatches };
}
