import { randomBytes } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { MqttLink } from '../mqtt-link.ts';
import { hashText } from '../noise.ts';
import { Outbox } from '../outbox.ts';
import { type Pace, waitUntilDue } from '../pacer.ts';
import { topicOf } from '../topics.ts';
import { HubAnswers } from './hub-answers.ts';
import { loadMapping } from './mapping.ts';
import { Recording } from './read-recording.ts';
import type { RecordedElement } from './row-reader.ts';
import type { RecordingSummary } from './tally.ts';

/** Devices are spread over these; each device stays on one, so that its order holds. */
const LINKS = 4;
const MAX_IN_FLIGHT = 800;
const PATIENCE_MS = 60_000;
/** Messages between two calls of `onProgress`. */
const PROGRESS_EVERY = 500;

export interface ReplayProgress {
  readonly bytesRead: number;
  readonly totalBytes: number;
  /** Of the newest message, epoch ms. */
  readonly eventTime: number;
  readonly sent: number;
  readonly acknowledged: number;
}

export interface ReplayOptions {
  /** The path of a mapping file, or a name from `mappingNames()`. */
  readonly mapping: string;
  /** A CSV file, or a folder with the files the mapping names. */
  readonly data: string;
  /** mqtt://, mqtts://, ws:// or wss:// */
  readonly url: string;
  readonly token?: string;
  /** 1 unless given. */
  readonly qos?: 0 | 1 | 2;
  /** Event seconds per second; Infinity, as fast as the hub takes it, unless given. */
  readonly speed?: number;
  /** Stops the replay: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How long the hub may be away before the replay is given up: 60 s unless given. */
  readonly patienceMs?: number;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

export interface ReplaySummary extends RecordingSummary {
  readonly devices: number;
  /** Telemetry messages, and those of them that the hub acknowledged (at QoS 0: that were written). */
  readonly sent: number;
  readonly acknowledged: number;
}

/**
 * Publishes a recording over MQTT with its original event times, one message for each device and time, as the devices
 * themselves would have: each is described before its first reading. Resolves when all is acknowledged.
 * @throws UsageError, HubUnreachableError, HubRefusedError, and the signal's reason
 */
export async function replayRecording(options: ReplayOptions): Promise<ReplaySummary> {
  const { signal, speed = Infinity } = options;
  if (!(speed > 0)) throw new UsageError(`speed is ${speed}; give a number above 0.`);
  const recording = await Recording.open(await loadMapping(options.mapping), options.data);
  const outbox = new Outbox(MAX_IN_FLIGHT);
  const abort = () => outbox.fail(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', abort, { once: true });
  const links: MqttLink[] = [];
  let answers: HubAnswers | undefined;
  try {
    while (links.length < LINKS) links.push(await openLink(options, links.length, outbox));
    answers = await listen(options, recording);
    await publishAll(recording, links, outbox, options);
    await outbox.drained();
    await answers.settle();
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all([...links.map((link) => link.close()), answers?.close()]);
  }
  const { sent, acknowledged } = outbox;
  return { ...recording.tally.summary(), devices: recording.devices, sent, acknowledged };
}

function openLink({ url, token, patienceMs = PATIENCE_MS }: ReplayOptions, index: number, outbox: Outbox) {
  const clientId = `replay-${randomBytes(4).toString('hex')}-${index}`;
  return MqttLink.open({ url, token, clientId, patienceMs, onFailure: (error) => outbox.fail(error) });
}

function listen({ url, token, signal }: ReplayOptions, recording: Recording): Promise<HubAnswers> {
  const clientId = `replay-${randomBytes(4).toString('hex')}-answers`;
  const isOurs = (device: string) => recording.knows(device);
  return HubAnswers.open({ url, token, clientId, tally: recording.tally, isOurs, signal });
}

async function publishAll(
  recording: Recording,
  links: readonly MqttLink[],
  outbox: Outbox,
  { qos = 1, speed = Infinity, onProgress }: ReplayOptions,
): Promise<void> {
  let pace: Pace | undefined;
  for await (const elements of recording.rows()) {
    const eventTime = elements[0]!.ts;
    pace ??= { wallStart: Date.now(), eventStart: eventTime, speed, notAhead: false };
    await waitUntilDue(pace, eventTime, Date.now, outbox.failed);
    for (const element of elements) {
      const link = links[hashText(element.device) % links.length]!;
      introduce(element, link);
      await outbox.publish(link, telemetryOf(element, qos));
      if (outbox.sent % PROGRESS_EVERY !== 0) continue;
      const { bytesRead, totalBytes } = recording;
      onProgress?.({ bytesRead, totalBytes, eventTime, sent: outbox.sent, acknowledged: outbox.acknowledged });
    }
  }
}

/** On the link the readings take, so that the hub knows the device first; waited for when the link is closed. */
function introduce({ domain, device, description }: RecordedElement, link: MqttLink): void {
  if (description === undefined) return;
  const message = {
    topic: topicOf(domain, device, 'attributes'),
    payload: JSON.stringify(description),
    qos: 1 as const,
  };
  link.publish(message, () => {});
}

function telemetryOf({ domain, device, ts, values }: RecordedElement, qos: 0 | 1 | 2) {
  return { topic: topicOf(domain, device, 'telemetry'), payload: JSON.stringify({ ts, values }), qos };
}
