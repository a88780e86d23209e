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
import { ExportPosition, exportPositionPath } from './export-position.ts';
import { hubReadings, type Selection, type SlicePlace } from './hub-readings.ts';
import { metricsOfHub } from './metrics-of-hub.ts';
import type { PatientAsker } from './patient-asker.ts';
import { openWriter, removeHalf, resumeWriter, type ExportFormat, type ReadingsWriter } from './readings-writer.ts';
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
  /** @param readings that an export before this one has left, which is gone on with */
  readonly onResume?: (readings: number) => void;
  /** @param total readings there are to come; undefined where the hub can't count them in time */
  readonly onProgress?: (readings: number, total: number | undefined, time: number) => void;
}

/**
 * Writes readings of a running hub into a file, and beside it a manifest: count and checksum of each series, and what
 * the devices are. Both get their names when all of it is on disk, the file last. One that broke off leaves its place
 * with what it has (`ExportPosition`), from which the next one goes on; or nothing, if it had kept none yet.
 * @throws UsageError if the file is there, or what broke off was asked otherwise; as `PatientAsker`; the file system's error
 */
export async function exportReadings(options: ExportOptions): Promise<ExportManifest> {
  const { asker, file, asked, anew } = options;
  const manifest = manifestPath(file);
  const position = await ExportPosition.open(file, asked, anew);
  // With a place kept, the manifest can only be of the export that is gone on with.
  for (const path of position.before === undefined ? [file, manifest] : [file])
    if (existsSync(path)) throw new UsageError(`${path} is there already; move it away, or name another file with -o.`);
  const selection = position.before?.selection ?? (await selectionOf(options));
  try {
    const tally = await writeReadings(options, selection, position);
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
    await position.forget();
    return made;
  } catch (error) {
    await rm(manifest + HALF, { force: true });
    if (!existsSync(exportPositionPath(file))) await removeHalf(options.format, file + HALF);
    throw error;
  }
}

async function selectionOf({ asker, selection }: ExportOptions): Promise<Selection> {
  return { ...selection, metrics: selection.metrics ?? (await metricsOfHub(asker, selection.where)) };
}

async function writeReadings(
  options: ExportOptions,
  selection: Selection,
  position: ExportPosition,
): Promise<SeriesTally> {
  const { asker, onProgress } = options;
  const total = await countReadings(asker, selection);
  const { tally, writer, place } = await openHalf(options, position);
  try {
    for await (const { runs, next } of hubReadings(asker, selection, tally, place)) {
      for (const run of runs) {
        tally.add(run);
        await writer.write(run);
      }
      if (next !== undefined) await position.keep({ selection, place: next, kept: await writer.keep() });
      onProgress?.(tally.readings, total, runs.at(-1)?.time.at(-1) ?? next?.time ?? selection.from);
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
  return tally;
}

interface Half {
  readonly tally: SeriesTally;
  readonly writer: ReadingsWriter;
  /** Where to go on; from the beginning without. */
  readonly place?: SlicePlace;
}

/** What is being made: gone on with where that is possible. */
async function openHalf({ format, file, onResume }: ExportOptions, position: ExportPosition): Promise<Half> {
  const path = file + HALF;
  if (position.before !== undefined) {
    const { kept, place } = position.before;
    const tally = new SeriesTally();
    const writer = await resumeWriter(format, path, kept, tally);
    if (writer !== undefined) {
      onResume?.(tally.readings);
      return { tally, writer, place };
    }
  }
  await position.forget();
  return { tally: new SeriesTally(), writer: await openWriter(format, path) };
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
