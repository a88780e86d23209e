import { randomBytes } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { MqttLink } from '../mqtt-link.ts';
import { Outbox } from '../outbox.ts';
import { topicOf } from '../topics.ts';
import { HttpDoor, type HubReceipt } from './http-door.ts';
import { HubAnswers } from './hub-answers.ts';
import { reasonOf } from './hub-reason.ts';
import { ImportBatch } from './import-batch.ts';
import { loadMapping } from './mapping.ts';
import { Recording } from './read-recording.ts';
import type { RecordedElement } from './row-reader.ts';
import type { RecordingSummary } from './tally.ts';

const BATCH_READINGS = 5_000;
/** Well under what a hub takes in one message. */
const MAX_BODY_BYTES = 400_000;
const PATIENCE_MS = 120_000;
const DESCRIPTIONS_IN_FLIGHT = 64;

export interface ImportProgress {
  readonly bytesRead: number;
  readonly totalBytes: number;
  readonly accepted: number;
  readonly rejected: number;
}

export interface ImportOptions {
  /** The path of a mapping file, or a name from `mappingNames()`. */
  readonly mapping: string;
  /** A CSV file, or a folder with the files the mapping names. */
  readonly data: string;
  /** The hub's HTTP address. */
  readonly url: string;
  /** The hub's MQTT address, by which devices are described (unit, location, labels): HTTP has no route for that. */
  readonly mqttUrl?: string;
  readonly token?: string;
  /** 'import' unless given. */
  readonly origin?: 'import' | 'replay' | 'live';
  /** Readings in one request: 5,000 unless given. */
  readonly batchReadings?: number;
  /** Stops the import: the promise rejects with the signal's reason. What was accepted stays; importing again is harmless. */
  readonly signal?: AbortSignal;
  /** How long the hub may take nothing before the import is given up: 120 s unless given. */
  readonly patienceMs?: number;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportSummary extends RecordingSummary {
  readonly devices: number;
  /** Readings the hub took; `repeated` ones are stored once. `rejected` holds what was rejected here and there. */
  readonly accepted: number;
  /** Of these, the ones outside the min–max of their metric: stored and flagged. */
  readonly outOfRange: number;
  readonly batches: number;
  /** Devices whose description was sent. */
  readonly described: number;
}

/**
 * Sends a recording to the hub's `POST /api/v1/telemetry` in batches, one after the other, in the order of its rows;
 * several files are merged by event time.
 * Resolves when all of it is stored or its rejection known.
 * @throws UsageError, HubUnreachableError, HubRefusedError, and the signal's reason
 */
export async function importRecording(options: ImportOptions): Promise<ImportSummary> {
  const { url, token, origin = 'import', signal, patienceMs = PATIENCE_MS } = options;
  const { batchReadings = BATCH_READINGS } = options;
  if (!Number.isInteger(batchReadings) || batchReadings < 1) {
    throw new UsageError(`batchReadings is ${batchReadings}; give a whole number from 1.`);
  }
  const door = new HttpDoor({ url, token, origin, signal, patienceMs });
  const recording = await Recording.open(await loadMapping(options.mapping), options.data);
  const importer = new Importer(recording, door, options);
  try {
    await importer.open();
    await importer.run(batchReadings);
  } finally {
    await importer.close();
  }
  return importer.summary();
}

class Importer {
  readonly #recording: Recording;
  readonly #door: HttpDoor;
  readonly #options: ImportOptions;
  readonly #descriptions = new Outbox(DESCRIPTIONS_IN_FLIGHT);
  #link: MqttLink | undefined;
  #answers: HubAnswers | undefined;
  #accepted = 0;
  #outOfRange = 0;
  #batches = 0;

  constructor(recording: Recording, door: HttpDoor, options: ImportOptions) {
    this.#recording = recording;
    this.#door = door;
    this.#options = options;
  }

  async open(): Promise<void> {
    const { mqttUrl, token, signal, patienceMs = PATIENCE_MS } = this.#options;
    if (mqttUrl === undefined) {
      this.#recording.tally.warnings.push(
        'The units, places and labels of the mapping were not sent, since no MQTT address was given.',
      );
      return;
    }
    const clientId = `import-${randomBytes(4).toString('hex')}`;
    const onFailure = (error: Error) => this.#descriptions.fail(error);
    this.#link = await MqttLink.open({ url: mqttUrl, token, clientId, patienceMs, onFailure });
    const { tally } = this.#recording;
    const isOurs = (device: string) => this.#recording.knows(device);
    const answersId = `${clientId}-answers`;
    this.#answers = await HubAnswers.open({ url: mqttUrl, token, clientId: answersId, tally, isOurs, signal });
  }

  async close(): Promise<void> {
    await Promise.all([this.#link?.close(), this.#answers?.close()]);
  }

  /** One batch is under way while the next is read. */
  async run(batchReadings: number): Promise<void> {
    let underWay = Promise.resolve();
    let batch = new ImportBatch();
    const send = async () => {
      await underWay;
      const full = batch;
      batch = new ImportBatch();
      underWay = this.#send(full);
      underWay.catch(() => {}); // thrown where it is awaited: before the next batch, or at the end
    };
    try {
      for await (const elements of this.#recording.rows()) {
        this.#options.signal?.throwIfAborted();
        for (const element of elements) {
          await this.#describe(element);
          batch.add(element);
          if (batch.readings >= batchReadings || batch.bytes >= MAX_BODY_BYTES) await send();
        }
      }
      if (batch.readings > 0) await send();
      await underWay;
      await this.#answers?.settle();
    } finally {
      await Promise.allSettled([underWay]);
    }
  }

  summary(): ImportSummary {
    return {
      ...this.#recording.tally.summary(),
      devices: this.#recording.devices,
      accepted: this.#accepted,
      outOfRange: this.#outOfRange,
      batches: this.#batches,
      described: this.#descriptions.acknowledged,
    };
  }

  async #describe({ domain, device, description }: RecordedElement): Promise<void> {
    if (description === undefined || this.#link === undefined) return;
    const payload = JSON.stringify(description);
    await this.#descriptions.publish(this.#link, { topic: topicOf(domain, device, 'attributes'), payload, qos: 1 });
  }

  async #send(batch: ImportBatch): Promise<void> {
    await this.#descriptions.drained();
    const receipt = await this.#door.post(batch.body());
    this.#batches++;
    this.#accepted += receipt.accepted ?? 0;
    this.#outOfRange += receipt.outOfRange;
    this.#note(batch, receipt);
    const { bytesRead, totalBytes, tally } = this.#recording;
    this.#options.onProgress?.({ bytesRead, totalBytes, accepted: this.#accepted, rejected: tally.rejectedCount });
  }

  /** The hub lists the first of its rejections; those it only counted are put to the last reason it named. */
  #note(batch: ImportBatch, { accepted = 0, rejected = batch.readings - accepted, errors }: HubReceipt): void {
    const { tally } = this.#recording;
    for (const { reason, detail, pointer } of errors) {
      const element = batch.elementAt(pointer);
      tally.reject(reasonOf(reason), { file: element?.file ?? '', line: element?.line ?? 0, detail });
    }
    const unlisted = rejected - errors.length;
    if (unlisted > 0) tally.rejectMany(reasonOf(errors.at(-1)?.reason ?? ''), unlisted);
  }
}
