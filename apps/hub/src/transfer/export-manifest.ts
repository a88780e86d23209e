import type { DeviceDescription, SeriesDigest } from '@seawall/model';
import { UsageError } from '@seawall/devices-sim/errors';
import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { ExportedSeries } from './exported-series.ts';

export const MANIFEST_FORMAT = 1;

export interface ExportedDevice {
  readonly id: string;
  readonly domains: readonly string[];
  readonly description: DeviceDescription;
}

/** What stands beside a file of readings: what it must hold, and what its devices are. */
export interface ExportManifest {
  /** The release that made it. */
  readonly seawall: string;
  /** What was asked for; times as RFC 3339, `to` exclusive. */
  readonly from: string;
  readonly to: string;
  readonly readings: number;
  readonly series: readonly (SeriesDigest & ExportedSeries)[];
  readonly devices: readonly ExportedDevice[];
}

export function manifestPath(file: string): string {
  return `${file}.manifest.ndjson`;
}

/** An object a line: `export` with the counts, then each `series`, then each `device`. Flushed. */
export async function writeManifest(path: string, manifest: ExportManifest): Promise<void> {
  const { series, devices, ...head } = manifest;
  const file = await open(path, 'w');
  try {
    const counts = { series: series.length, devices: devices.length };
    await file.writeFile(line({ kind: 'export', format: MANIFEST_FORMAT, ...head, ...counts }));
    for (const each of series) await file.writeFile(line({ kind: 'series', ...each }));
    for (const each of devices) await file.writeFile(line({ kind: 'device', ...each }));
    await file.sync();
  } finally {
    await file.close();
  }
}

function line(object: object): string {
  return `${JSON.stringify(object)}\n`;
}

interface Line {
  readonly kind?: string;
  readonly format?: number;
}

/** @returns undefined if there is none @throws UsageError if it is damaged, or of a format of later */
export async function readManifest(file: string): Promise<ExportManifest | undefined> {
  const path = manifestPath(file);
  if (!existsSync(path)) return undefined;
  const series: (SeriesDigest & ExportedSeries)[] = [];
  const devices: ExportedDevice[] = [];
  let head:
    (Omit<ExportManifest, 'series' | 'devices'> & { series: number; devices: number; format: number }) | undefined;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const { kind, ...rest } = parse(text, path);
    if (kind === 'export') head = rest as unknown as typeof head;
    else if (kind === 'series') series.push(rest as unknown as SeriesDigest & ExportedSeries);
    else if (kind === 'device') devices.push(rest as unknown as ExportedDevice);
  }
  if (head !== undefined && head.format !== MANIFEST_FORMAT)
    throw new UsageError(`${path} has format ${head.format}, and this Seawall knows format ${MANIFEST_FORMAT}.`);
  if (head?.series !== series.length || head.devices !== devices.length)
    throw new UsageError(`${path} is not whole. Export again, or move it away to import the readings alone.`);
  const { seawall, from, to, readings } = head;
  return { seawall, from, to, readings, series, devices };
}

function parse(text: string, path: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (cause) {
    throw new UsageError(`${path} is damaged: ${(cause as Error).message}.`, { cause });
  }
}
