import { importRecording, replayRecording, type ImportSummary, type RecordingSummary } from '@seawall/devices-sim';
import type { HubAddresses } from '../support/start-hub.ts';
import type { Check } from './check-readings.ts';
import type { Recording } from './recording.ts';

export type Progress = (stage: string, fraction: number) => void;

export interface Taken {
  /** Its mapping's name. */
  readonly recording: string;
  readonly title: string;
  readonly by: string;
  readonly readings: number;
  readonly repeated: number;
  readonly outOfRange: number;
  readonly missing: number;
  readonly seconds: number;
}

/** Brings a recording into the hub as its devices or as an integrator would. @throws Error if the hub rejects any of it */
export async function takeIn(
  hub: HubAddresses,
  recording: Recording,
  progress: Progress,
): Promise<{ readonly taken: Taken; readonly check: Check }> {
  const began = performance.now();
  const summary =
    recording.by === 'replay' ? await replay(hub, recording, progress) : await bringIn(hub, recording, progress);
  const { readings, repeated, missing, rejected } = summary;
  if (rejected.length > 0) throw new Error(`${recording.title}: rejected ${JSON.stringify(rejected)}.`);
  const taken = {
    recording: recording.mapping,
    title: recording.title,
    by: recording.by === 'replay' ? 'MQTT, QoS 1' : 'HTTP import',
    ...{ readings, repeated, missing },
    outOfRange: summary.outOfRange ?? 0,
    seconds: (performance.now() - began) / 1000,
  };
  return { taken, check: checkSummary(recording, summary) };
}

/** A replay is not told what was flagged, and counts messages instead of readings. */
type Summary = RecordingSummary & Partial<Pick<ImportSummary, 'accepted' | 'outOfRange'>>;

async function replay(hub: HubAddresses, recording: Recording, progress: Progress): Promise<Summary> {
  const { mapping, folder, title } = recording;
  const summary = await replayRecording({
    mapping,
    data: folder,
    url: hub.mqtt,
    qos: 1,
    onProgress: ({ bytesRead, totalBytes }) => progress(`Replaying ${title} over MQTT`, bytesRead / totalBytes),
  });
  const { sent, acknowledged } = summary;
  if (acknowledged !== sent) throw new Error(`${title}: ${sent} messages sent, ${acknowledged} acknowledged.`);
  return summary;
}

function bringIn(hub: HubAddresses, { mapping, folder, title }: Recording, progress: Progress): Promise<Summary> {
  return importRecording({
    mapping,
    data: folder,
    url: hub.http,
    mqttUrl: hub.mqtt,
    onProgress: ({ bytesRead, totalBytes }) => progress(`Importing ${title}`, bytesRead / totalBytes),
  });
}

/** What was told of the files when they were taken in is what is in them. */
function checkSummary(recording: Recording, summary: Summary): Check {
  const { accepted, outOfRange } = summary;
  const told: readonly (readonly [what: string, is: number | undefined, should: number])[] = [
    ['rows', summary.rows, recording.rows],
    ['readings', summary.readings, recording.readings],
    ['readings that came again', summary.repeated, recording.repeated],
    ['empty cells', summary.missing, recording.missing],
    ['readings accepted', accepted, recording.readings],
    ['flagged', outOfRange, recording.outOfRange],
  ];
  const comparable = told.filter(([, is]) => is !== undefined);
  return {
    name: `${recording.title}: rows, readings, repeated, empty, flagged`,
    compared: comparable.length,
    mismatches: comparable.flatMap(([what, is, should]) =>
      is === should ? [] : [`${is} ${what} told, ${should} in the files`],
    ),
  };
}
