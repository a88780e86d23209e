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
import { hubReadings, type Selection } from './hub-readings.ts';
import { metricsOfHub } from './metrics-of-hub.ts';
import type { PatientAsker } from './patient-asker.ts';
import { openWriter, type ExportFormat } from './readings-writer.ts';
import { SeriesTally } from './series-tally.ts';

/** What is being made. */
const HALF = '.part';

export interface ExportOptions {
  readonly asker: PatientAsker;
  /** Without metrics: all that the domains have. */
  readonly selection: Omit<Selection, 'metrics'> & { readonly metrics?: readonly string[] };
  readonly format: ExportFormat;
  readonly file: string;
  /** @param total readings there are to come; undefined where the hub can't count them in time */
  readonly onProgress?: (readings: number, total: number | undefined, time: number) => void;
}

/**
 * Writes readings of a running hub into a file, and beside it a manifest: count and checksum of each series, and what
 * the devices are. Both get their names when all of it is on disk, the file last; one that broke off leaves nothing.
 * @throws UsageError if the file is there; as `PatientAsker`; the file system's error
 */
export async function exportReadings(options: ExportOptions): Promise<ExportManifest> {
  const { asker, file } = options;
  const manifest = manifestPath(file);
  for (const path of [file, manifest]) {
    if (existsSync(path)) throw new UsageError(`${path} is there already; move it away, or name another file with -o.`);
  }
  const selection = {
    ...options.selection,
    metrics: options.selection.metrics ?? (await metricsOfHub(asker, options.selection.where)),
  };
  try {
    const tally = await writeReadings(options, selection, file + HALF);
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
    return made;
  } catch (error) {
    for (const path of [file, manifest]) await rm(path + HALF, { force: true });
    throw error;
  }
}

async function writeReadings(
  { asker, format, onProgress }: ExportOptions,
  selection: Selection,
  path: string,
): Promise<SeriesTally> {
  const total = await countReadings(asker, selection);
  const tally = new SeriesTally();
  const writer = await openWriter(format, path);
  try {
    for await (const run of hubReadings(asker, selection, tally)) {
      tally.add(run);
      await writer.write(run);
      onProgress?.(tally.readings, total, run.time.at(-1) ?? selection.from);
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
  return tally;
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
