import { formatRfc3339 } from '@seawall/calendar';
import { UsageError } from '@seawall/devices-sim/errors';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TooLongError } from '../commands/http-client.ts';
import { flush } from '../flush.ts';
import { VERSION } from '../version.ts';
import { manifestPath, writeManifest, type ExportedDevice, type ExportManifest } from './export-manifest.ts';
import { hubDevices } from './hub-devices.ts';
import { lockExport } from './export-lock.ts';
import { ExportPosition, exportPositionPath } from './export-position.ts';
import { hubReadings, type Selection, type SlicePlace } from './hub-readings.ts';
import { metricsOfHub } from './metrics-of-hub.ts';
import type { PatientAsker } from './patient-asker.ts';
import { openWriter, removeStaging, resumeWriter, type ExportFormat, type ReadingsWriter } from './readings-writer.ts';
import { SeriesTally } from './series-tally.ts';

/** What is being made. */
const HALF = '.part';

export interface ExportOptions {
  readonly asker: PatientAsker;
  /** Without metrics: all that the domains have. */
  readonly selection: Omit<Selection, 'metrics'> & { readonly metrics?: readonly string[] };
  readonly format: ExportFormat;
  readonly file: string;
  /** All that was asked for, and of whom, in words that stay the same when it is asked again. */
  readonly asked: string;
  /** Begin anew, also where an export that broke off could be gone on with. */
  readonly anew: boolean;
  /** Stops it between two steps. */
  readonly signal: AbortSignal;
  /** @param readings that an export before this one has left, which is gone on with */
  readonly onResume?: (readings: number) => void;
  /** @param total readings there are to come; undefined where the hub can't count them in time */
  readonly onProgress?: (readings: number, total: number | undefined, time: number) => void;
}

/**
 * Writes readings of a running hub into a file, and beside it a manifest: count and checksum of each series, and what
 * the devices are. Both get their names when all of it is on disk, the file last. One that broke off leaves its place
 * with what it has (`ExportPosition`), from which the next one goes on; or nothing, if it had kept none yet.
 * @throws UsageError if the file is there or being written, or what broke off was asked otherwise or is damaged; as
 *   `PatientAsker`; the signal's reason; the file system's error
 */
export async function exportReadings(options: ExportOptions): Promise<ExportManifest> {
  const unlock = await lockExport(options.file);
  try {
    return await exportAlone(options);
  } finally {
    await unlock();
  }
}

async function exportAlone(options: ExportOptions): Promise<ExportManifest> {
  const { asker, file, asked, anew } = options;
  const manifest = manifestPath(file);
  const position = await ExportPosition.open(file, asked, anew);
  // With a place kept, the manifest can only be of the export that is gone on with.
  for (const path of position.before === undefined ? [file, manifest] : [file])
    if (existsSync(path)) throw new UsageError(`${path} is there already; move it away, or name another file with -o.`);
  try {
    const { selection, tally } = await writeReadings(options, position);
    const made: ExportManifest = {
      seawall: VERSION,
      from: formatRfc3339(selection.from),
      to: formatRfc3339(selection.to),
      readings: tally.readings,
      series: tally.digests(),
      devices: await devicesOf(asker, tally),
    };
    await writeManifest(manifest + HALF, made);
    await rename(manifest + HALF, manifest);
    await rename(file + HALF, file);
    await flush(dirname(file));
    await removeStaging(file + HALF);
    await position.forget();
    return made;
  } catch (error) {
    await rm(manifest + HALF, { force: true });
    if (!existsSync(exportPositionPath(file))) await removeHalf(file);
    throw error;
  }
}

async function removeHalf(file: string): Promise<void> {
  await rm(file + HALF, { force: true });
  await removeStaging(file + HALF);
}

async function writeReadings(
  options: ExportOptions,
  position: ExportPosition,
): Promise<Pick<Half, 'selection' | 'tally'>> {
  const { asker, onProgress } = options;
  const { selection, tally, writer, place } = (await goOn(options, position)) ?? (await begin(options, position));
  try {
    const total = await countReadings(asker, selection);
    for await (const { runs, next } of hubReadings(asker, selection, tally, place)) {
      for (const run of runs) {
        tally.add(run);
        await writer.write(run);
      }
      if (next !== undefined)
        await position.keep({ selection, place: next, kept: await writer.keep(), readings: tally.readings });
      onProgress?.(tally.readings, total, runs.at(-1)?.time.at(-1) ?? next?.time ?? selection.from);
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
  return { selection, tally };
}

/** What is being made. */
interface Half {
  readonly selection: Selection;
  readonly tally: SeriesTally;
  readonly writer: ReadingsWriter;
  /** Where to go on; from the beginning without. */
  readonly place?: SlicePlace;
}

/** @returns undefined where there is nothing to go on with */
async function goOn(
  { format, file, signal, onResume }: ExportOptions,
  { before }: ExportPosition,
): Promise<Half | undefined> {
  if (before === undefined) return undefined;
  const { selection, place, kept, readings } = before;
  const tally = new SeriesTally();
  const writer = await resumeWriter(format, file + HALF, kept, tally, signal).catch((cause: unknown) => {
    if (!(cause instanceof UsageError)) throw cause;
    throw new UsageError(`${cause.message}\nSomething else has changed it. Begin anew with --anew.`, { cause });
  });
  if (writer === undefined) return undefined;
  if (tally.readings !== readings) {
    await writer.close();
    throw new UsageError(
      `${file + HALF} holds ${tally.readings} readings where the export that broke off had written ${readings}: something else has changed it. Begin anew with --anew.`,
    );
  }
  onResume?.(readings);
  return { selection, tally, writer, place };
}

async function begin({ asker, selection, format, file }: ExportOptions, position: ExportPosition): Promise<Half> {
  await position.forget();
  await removeHalf(file);
  const metrics = selection.metrics ?? (await metricsOfHub(asker, selection.where));
  const writer = await openWriter(format, file + HALF);
  return { selection: { ...selection, metrics }, tally: new SeriesTally(), writer };
}

/** For the progress alone. */
async function countReadings(
  asker: PatientAsker,
  { metrics, where, from, to }: Selection,
): Promise<number | undefined> {
  if (metrics.length === 0 || metrics.length > 100) return undefined;
  try {
    const query = { metrics, where, from, to, aggregate: ['count'] };
    const { series } = await asker.post<{ series: { values: { count: number[] } }[] }>('/api/v1/query', query);
    return series.reduce((sum, { values }) => sum + (values.count[0] ?? 0), 0);
  } catch (error) {
    if (error instanceof TooLongError) return undefined;
    throw error;
  }
}

async function devicesOf(asker: PatientAsker, tally: SeriesTally): Promise<ExportedDevice[]> {
  const wanted = new Set(tally.series.map(({ device }) => device));
  const devices: ExportedDevice[] = [];
  if (wanted.size === 0) return devices;
  for await (const device of hubDevices(asker)) if (wanted.has(device.id)) devices.push(device);
  return devices;
}
