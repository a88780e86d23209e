import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeriesDigest } from '@seawall/model';
import { SettingError } from '../config/setting-error.ts';

export const MANIFEST_FORMAT = 1;
export const MANIFEST_FILE = 'manifest.json';
/** A `SeriesDigest` a line. */
export const SERIES_FILE = 'series.ndjson';

/** A file of a backup; its path is relative, with slashes. */
export interface BackedUpFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** Written last, so that a backup that has one is whole. Times are epoch ms. */
export interface BackupManifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** The release that made it. */
  readonly seawall: string;
  readonly name: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** As counted in the copy. */
  readonly readings: number;
  readonly series: number;
  readonly bytes: number;
  /** Where the notifier stood before the sessions were copied: what it published since is not among their messages. */
  readonly notifier: string | null;
  readonly files: readonly BackedUpFile[];
}

/** @throws SettingError if there is none, or it can't be read by this user or this release */
export async function readManifest(directory: string): Promise<BackupManifest> {
  const manifest = (await readJson(join(directory, MANIFEST_FILE), directory)) as BackupManifest;
  const format: number = manifest.format;
  if (format !== MANIFEST_FORMAT) {
    throw new SettingError(
      `The backup ${directory} has format ${format}, and this Seawall knows format ${MANIFEST_FORMAT}. Restore it with the release that made it (${manifest.seawall}).`,
    );
  }
  const foreign = manifest.files.find(({ path }) => path.split('/').some((part) => ['', '.', '..'].includes(part)));
  if (foreign !== undefined)
    throw new SettingError(`The manifest of ${directory} names a file outside of it: ${foreign.path}.`);
  return manifest;
}

async function readJson(path: string, directory: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      const todo = 'Restore it as a user who may read it; whoever ran the hub may.';
      throw new SettingError(`${path} can't be read: ${message}. ${todo}`, { cause });
    }
    const half = 'it is no backup, or one that was not finished';
    throw new SettingError(`${directory} has no ${MANIFEST_FILE}: ${half}. Name the folder of a whole one.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SettingError(`${path} is damaged: ${(cause as Error).message}.`, { cause });
  }
}

export async function readSeries(directory: string): Promise<readonly SeriesDigest[]> {
  const text = await readFile(join(directory, SERIES_FILE), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SeriesDigest);
}
