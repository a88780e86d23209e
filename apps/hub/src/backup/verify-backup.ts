import { join } from 'node:path';
import type { SeriesDigest } from '@seawall/model';
import { SettingError } from '../config/setting-error.ts';
import { digestFile, type CopyFileOptions } from './file-digests.ts';
import type { BackedUpFile, BackupManifest } from './manifest.ts';

/** Copies every file of a backup and compares what was read with the manifest. @throws SettingError naming the file that is another */
export async function copyVerified(
  manifest: BackupManifest,
  from: string,
  toOf: (path: string) => Promise<string>,
  options: CopyFileOptions,
): Promise<void> {
  for (const file of manifest.files) {
    const found = await digestFile(from, file.path, options, await toOf(file.path)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new SettingError(`The backup is not whole: ${join(from, file.path)} is missing.`, { cause: error });
    });
    refuseOther(file, found, from);
  }
}

function refuseOther(noted: BackedUpFile, found: BackedUpFile, from: string): void {
  if (noted.bytes === found.bytes && noted.sha256 === found.sha256) return;
  throw new SettingError(
    `The backup is damaged: ${join(from, noted.path)} is not what it was when the backup was made (${found.bytes} bytes of ${noted.bytes}). Use another backup.`,
  );
}

/** What is known of a series: how many readings, and where it is known their checksum. */
type Noted = Omit<SeriesDigest, 'checksum'> & Partial<Pick<SeriesDigest, 'checksum'>>;

/** @returns the first difference as a sentence; undefined when both are the same series with the same readings */
export function differenceOf(noted: readonly Noted[], found: readonly SeriesDigest[]): string | undefined {
  const left = new Map(found.map((series) => [nameOf(series), series]));
  for (const series of noted) {
    const name = nameOf(series);
    const other = left.get(name);
    left.delete(name);
    if (other === undefined) return `The series ${name} is missing, with ${series.readings} readings.`;
    if (other.readings !== series.readings)
      return `The series ${name} has ${other.readings} readings instead of ${series.readings}.`;
    if (series.checksum !== undefined && other.checksum !== series.checksum)
      return `The series ${name} has other readings: its checksum is ${other.checksum} instead of ${series.checksum}.`;
  }
  const [extra] = left.keys();
  return extra === undefined ? undefined : `There is a series ${extra} that should not be there.`;
}

function nameOf({ domain, device, metric }: Noted): string {
  return `${domain}/${device}/${metric}`;
}
