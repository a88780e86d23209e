import type { MqttRecorder } from '../support/mqtt-recorder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { checkEpisodes, foundEpisodes } from './check-episodes.ts';
import type { Check } from './check-readings.ts';
import type { Recording } from './recording.ts';
import { labelledEvents } from './recordings/drinking-water.ts';
import { referenceEpisodes, type Episode } from './reference-episodes.ts';
import { CONGESTION, KNOWN_SMOG, SMOG, WATER_EVENT } from './rules.ts';

const MINUTE = 60_000;

export interface AlertReport {
  readonly checks: readonly Check[];
  readonly episodes: readonly Episode[];
}

/** What was replayed over MQTT is as good as live and was announced, start and end. */
export async function checkCongestion(http: string, freeway: Recording, listener: MqttRecorder): Promise<AlertReport> {
  const expected = referenceEpisodes(freeway, CONGESTION);
  const checks = [
    await checkEpisodes(http, 'real-congestion', 'Los Angeles freeway: congestion', expected),
    await checkAnnounced(listener, 'real-congestion', 2 * expected.length),
  ];
  return { checks, episodes: await foundEpisodes(http, 'real-congestion') };
}

/** What was imported is decided on and announced to nobody. */
export async function checkSmog(http: string, beijing: Recording, listener: MqttRecorder): Promise<AlertReport> {
  const checks = [
    await checkEpisodes(http, 'real-smog', 'Beijing air quality: smog', referenceEpisodes(beijing, SMOG)),
    await checkAnnounced(listener, 'real-smog', 0),
  ];
  const episodes = await foundEpisodes(http, 'real-smog');
  return { checks: [...checks, checkKnownSmog(beijing, episodes)], episodes };
}

/** The labelled events: the rule begins with the end of the first minute, and ends with that of the first one after. */
export async function checkWaterEvents(http: string, water: Recording, data: string): Promise<AlertReport> {
  const labelled = labelledEvents(data).map(({ first, last }) => ({
    device: water.series[0]!.device,
    startsAt: first + MINUTE,
    endsAt: last + 2 * MINUTE,
  }));
  const name = 'Drinking water: the labelled events';
  const checks = [
    await checkEpisodes(http, 'real-water-event', name, labelled),
    await checkEpisodes(
      http,
      'real-water-event',
      `${name}, counted from the column`,
      referenceEpisodes(water, WATER_EVENT),
    ),
  ];
  return { checks, episodes: await foundEpisodes(http, 'real-water-event') };
}

async function checkAnnounced({ heard }: MqttRecorder, rule: string, expected: number): Promise<Check> {
  const announced = () => heard.filter(({ topic, payload }) => topic.includes(`/${rule}/`) && payload !== '').length;
  await waitUntil('all is announced', () => announced() >= expected, 60_000, 100).catch(
    () => undefined, // told below
  );
  const mismatches = announced() === expected ? [] : [`${announced()} messages, ${expected} expected`];
  return {
    name: `Announced over MQTT: ${rule}${expected === 0 ? ', to nobody' : ''}`,
    compared: expected + 1,
    mismatches,
  };
}

/** Each known time of smog must be seen at four stations of six at least. */
function checkKnownSmog({ zone }: Recording, found: readonly Episode[]): Check {
  const mismatches = KNOWN_SMOG.flatMap(([first, last]) => {
    const from = Date.parse(`${first}T00:00:00Z`) - zone.offsetMs;
    const to = Date.parse(`${last}T24:00:00Z`) - zone.offsetMs;
    const stations = new Set(
      found.filter(({ startsAt, endsAt }) => startsAt < to && (endsAt ?? Infinity) > from).map(({ device }) => device),
    );
    return stations.size >= 4 ? [] : [`the smog of ${first} to ${last} was seen at ${stations.size} stations only`];
  });
  return { name: 'Beijing: the known smog of December 2015 and 2016', compared: KNOWN_SMOG.length, mismatches };
}
