import { HttpDoor, type HubReceipt } from '@seawall/devices-sim';
import { DescriptionSender } from './description-sender.ts';
import { readManifest, type ExportManifest } from './export-manifest.ts';
import type { ExportedSeries } from './exported-series.ts';
import { ImportBody } from './import-body.ts';
import { ImportedDevices } from './imported-devices.ts';
import { ImportPosition } from './import-position.ts';
import type { PatientAsker } from './patient-asker.ts';
import { readExported, type ReadState } from './read-exported.ts';
import type { ExportFormat } from './readings-writer.ts';
import { RefusedDescriptions } from './refused-descriptions.ts';
import { SeriesTally } from './series-tally.ts';
import { differencesOf, digestsOfHub, hubCaughtUp } from './verify-imported.ts';

const PATIENCE_MS = 120_000;

export interface ImportExportedOptions {
  readonly file: string;
  readonly format: ExportFormat;
  readonly url: string;
  readonly mqttUrl: string;
  readonly token: string | undefined;
  readonly origin: 'import' | 'live';
  /** Send all of it, whatever an import before has sent. */
  readonly anew: boolean;
  readonly asker: PatientAsker;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportExportedProgress) => void;
  /** A sentence that is worth knowing at once. */
  readonly say: (sentence: string) => void;
}

export interface ImportExportedProgress {
  readonly step: 'sending' | 'verifying';
  readonly readings: number;
  readonly fraction: number;
}

export interface ImportExportedSummary {
  readonly readings: number;
  readonly series: number;
  /** Readings that were sent by this run. */
  readonly sent: number;
  readonly rejected: number;
  /** The first few. */
  readonly rejections: readonly string[];
  readonly outOfRange: number;
  readonly described: number;
  /** Sentences: what the hub did not take of these descriptions. */
  readonly refusedDescriptions: readonly string[];
  /** False where there was no manifest to hold the file against. */
  readonly hadManifest: boolean;
  /** Sentences: where the file is not what was exported, or the hub has not what the file has. */
  readonly differences: readonly string[];
}

/**
 * Brings a file of `seawall export` into a running hub, in batches and in its order; goes on where an import of the same
 * file into the same hub stopped. In the end count and checksum of each series are compared with the manifest, and with
 * what the hub has.
 * @throws UsageError, HubUnreachableError, HubRefusedError, the signal's reason
 */
export async function importExported(options: ImportExportedOptions): Promise<ImportExportedSummary> {
  const { file, url, mqttUrl, token, origin, anew, asker, signal } = options;
  const manifest = await readManifest(file);
  const position = await ImportPosition.open(file, url, anew);
  if (position.resumed > 0)
    options.say(`Going on after ${position.resumed} readings that were sent before (${position.path}).`);
  const refused = await RefusedDescriptions.open(asker);
  const descriptions = new DescriptionSender({ url: mqttUrl, token, patienceMs: PATIENCE_MS });
  try {
    const devices = await ImportedDevices.open(asker, manifest, (...description) => descriptions.send(...description));
    const door = new HttpDoor({
      url,
      ...(token === undefined ? {} : { token }),
      origin,
      patienceMs: PATIENCE_MS,
      signal,
    });
    const importer = new ExportedImporter(options, { position, devices, door, descriptions });
    await importer.run();
    if (position.failure !== undefined)
      options.say(`The import could not have been resumed: ${position.path} can't be written (${position.failure}).`);
    await hubCaughtUp(asker, signal);
    const refusedDescriptions = await refused.since(descriptions.topics);
    const differences = [...importer.againstManifest(manifest), ...(await importer.againstHub())];
    const described = { described: devices.count, refusedDescriptions };
    return { ...importer.summary(), ...described, hadManifest: manifest !== undefined, differences };
  } finally {
    await descriptions.close();
  }
}

interface Parts {
  readonly position: ImportPosition;
  readonly devices: ImportedDevices;
  readonly door: HttpDoor;
  readonly descriptions: DescriptionSender;
}

const EXAMPLES = 5;

class ExportedImporter {
  readonly #options: ImportExportedOptions;
  readonly #parts: Parts;
  readonly #tally = new SeriesTally();
  readonly #state: ReadState = { fraction: 0 };
  #sent = 0;
  #rejected = 0;
  #outOfRange = 0;
  readonly #rejections: string[] = [];
  readonly #met = new Set<ExportedSeries>();

  constructor(options: ImportExportedOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** One body is under way while the next is read. */
  async run(): Promise<void> {
    const { file, format, signal } = this.#options;
    let underWay: Promise<void> = Promise.resolve();
    let body = new ImportBody();
    const send = async () => {
      await underWay;
      const [full, upTo] = [body, this.#tally.readings];
      body = new ImportBody();
      underWay = this.#send(full, upTo);
      underWay.catch(() => undefined); // thrown where it is awaited: before the next body, or at the end
    };
    try {
      for await (const rows of readExported(file, format, this.#state)) {
        signal.throwIfAborted();
        for (const row of rows) {
          const series = this.#tally.seriesOf(row.domain, row.device, row.metric, row.unit);
          this.#tally.addOne(series, row.time, row.value);
          if (this.#tally.readings <= this.#parts.position.resumed) continue;
          if (!this.#met.has(series)) await this.#meet(series);
          body.add(row);
          if (body.isFull) await send();
        }
        if (body.readings === 0) this.#tell('sending', this.#tally.readings, this.#state.fraction);
      }
      if (body.readings > 0) await send();
      await underWay;
      await this.#parts.position.forget();
    } finally {
      await Promise.allSettled([underWay]);
    }
  }

  async #meet(series: ExportedSeries): Promise<void> {
    this.#met.add(series);
    await this.#parts.devices.meet(series);
  }

  async #send(body: ImportBody, upTo: number): Promise<void> {
    await this.#parts.descriptions.drained();
    this.#note(body, await this.#parts.door.post(body.text()));
    this.#sent += body.readings;
    await this.#parts.position.keep(upTo);
    this.#tell('sending', upTo, this.#state.fraction);
  }

  #note(body: ImportBody, { accepted = 0, rejected = body.readings - accepted, outOfRange, errors }: HubReceipt): void {
    this.#rejected += rejected;
    this.#outOfRange += outOfRange;
    const room = EXAMPLES - this.#rejections.length;
    this.#rejections.push(...errors.slice(0, room).map(({ reason, detail }) => `${reason}: ${detail}`));
  }

  #tell(step: ImportExportedProgress['step'], readings: number, fraction: number): void {
    this.#options.onProgress({ step, readings, fraction: Math.min(1, fraction) });
  }

  summary() {
    return {
      readings: this.#tally.readings,
      series: this.#tally.digests().length,
      sent: this.#sent,
      rejected: this.#rejected,
      rejections: this.#rejections,
      outOfRange: this.#outOfRange,
    };
  }

  againstManifest(manifest: ExportManifest | undefined): string[] {
    if (manifest === undefined) return [];
    const found = new Map(
      this.#tally.digests().map((digest) => [JSON.stringify([digest.domain, digest.device, digest.metric]), digest]),
    );
    const changed = manifest.series.filter(({ domain, device, metric, readings, checksum }) => {
      const digest = found.get(JSON.stringify([domain, device, metric]));
      return digest?.readings !== readings || digest.checksum !== checksum;
    });
    if (changed.length === 0 && found.size === manifest.series.length) return [];
    return [
      `The file is not what was exported: it has ${this.#tally.readings} readings of ${found.size} series instead of ${manifest.readings} of ${manifest.series.length}, and ${changed.length} series differ.`,
    ];
  }

  async againstHub(): Promise<string[]> {
    const { asker } = this.#options;
    const { readings, first, last } = this.#tally;
    if (readings === 0) return [];
    const file = this.#tally.digests();
    const hub = await digestsOfHub(asker, file, { from: first, to: last }, (read) =>
      this.#tell('verifying', read, read / readings),
    );
    return differencesOf(file, hub);
  }
}
