import { realpathSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { openLmdbJournal } from '@seawall/journal-lmdb';
import { parseCursor } from '@seawall/ports';
import { lockDataDirectory, openRegistry } from '@seawall/registry';
import { digestDatabase, openDuckDbStore } from '@seawall/store-duckdb';
import { SettingError } from '../config/setting-error.ts';
import { dataFiles, makeDataFolder, RESTORING } from '../data-directory.ts';
import { flush } from '../flush.ts';
import { MissingEntries } from '../missing-entries.ts';
import { nearestThere } from '../nearest-there.ts';
import { readManifest, readSeries, SERIES_FILE, type BackupManifest } from './manifest.ts';
import { BACKUP_CONSUMER } from './take-backup.ts';
import { copyVerified, differenceOf } from './verify-backup.ts';

export interface RestoreOptions {
  /** A backup's folder. */
  readonly from: string;
  /** An empty folder, or none yet. */
  readonly dataDir: string;
  readonly signal?: AbortSignal;
  /** Bytes copied, and readings verified so far. */
  readonly onProgress?: (bytes: number, readings: number) => void;
}

/**
 * Makes a data directory of a backup: copies, compares every file with the manifest, and counts and sums the readings of
 * the restored store by series; only then are the files put where a hub finds them. What is interrupted leaves a folder
 * that no hub starts on.
 * @throws SettingError: no backup, a damaged one, or a data directory that is not empty, can't be used, or lies in the backup; the signal's reason
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupManifest> {
  const { from, dataDir } = options;
  const manifest = await readManifest(from);
  refuseWithin(from, dataDir);
  makeDataFolder(dataDir);
  await refuseUsed(dataDir, manifest);
  const lock = lockDataDirectory(dataDir);
  try {
    // Somebody may have been quicker.
    await refuseUsed(dataDir, manifest);
    await removeHalf(dataDir, manifest);
    await restoreInto(manifest, options);
  } finally {
    lock.release();
  }
  return manifest;
}

async function restoreInto(manifest: BackupManifest, options: RestoreOptions): Promise<void> {
  const { dataDir } = options;
  const restoring = join(dataDir, RESTORING);
  try {
    await mkdir(restoring);
    await copyAll(manifest, restoring, options);
    await verify(manifest, restoring, options);
    await settle(manifest, restoring);
    for (const name of await readdir(restoring)) await rename(join(restoring, name), join(dataDir, name));
    await rmdir(restoring);
    await flush(dataDir);
  } catch (error) {
    await removeHalf(dataDir, manifest);
    throw error;
  }
}

/** A backup is only read, so nothing may be made in it; links are followed. */
function refuseWithin(from: string, dataDir: string): void {
  const there = nearestThere(dataDir);
  const target = resolve(realpathSync(there), relative(there, resolve(dataDir)));
  const way = relative(realpathSync(from), target);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return;
  throw new SettingError(
    `--data-dir ${dataDir} lies in the backup ${from}, which is only read. Choose another folder.`,
  );
}

/** A half restore of before may be begun anew; a folder with anything else in it is somebody's. */
async function refuseUsed(dataDir: string, manifest: BackupManifest): Promise<void> {
  const names = await readdir(dataDir);
  const isHalf = names.includes(RESTORING);
  const others = names.filter(
    (name) => !(isHalf && isRestored(name, manifest)) && !/^(lock\.db(-\w+)?|lost\+found)$/.test(name),
  );
  if (others.length === 0) return;
  throw new SettingError(
    `--data-dir ${dataDir} is not empty (${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}). A backup is restored into an empty folder; name another one, or move this one away.`,
  );
}

/** The folder that says "half" goes last. */
async function removeHalf(dataDir: string, manifest: BackupManifest): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => name !== RESTORING && isRestored(name, manifest));
  for (const name of [...names, RESTORING]) await rm(join(dataDir, name), { recursive: true, force: true });
}

/** Whether a restore puts it into a data directory: the folder it works in, what the backup has, and logs beside that. */
function isRestored(name: string, { files }: BackupManifest): boolean {
  const own = [RESTORING, ...files.map(({ path }) => path.split('/', 1)[0]!)];
  return own.some((each) => name === each || name.startsWith(`${each}-`) || name.startsWith(`${each}.`));
}

async function copyAll(
  manifest: BackupManifest,
  to: string,
  { from, signal, onProgress }: RestoreOptions,
): Promise<void> {
  let copied = 0;
  const onBytes = (bytes: number) => onProgress?.((copied += bytes), 0);
  const toOf = async (path: string): Promise<string> => {
    await mkdir(dirname(join(to, path)), { recursive: true });
    return join(to, path);
  };
  await copyVerified(manifest, from, toOf, { ...(signal && { signal }), onBytes });
}

async function verify(
  manifest: BackupManifest,
  restored: string,
  { signal, onProgress }: RestoreOptions,
): Promise<void> {
  const { store } = dataFiles(restored);
  const found = await digestDatabase(store, {
    ...(signal && { signal }),
    onProgress: (readings) => onProgress?.(manifest.bytes, readings),
  });
  await rm(`${store}.tmp`, { recursive: true, force: true });
  const difference = differenceOf(await readSeries(restored), found);
  if (difference !== undefined) throw new SettingError(`What was restored is not what was backed up. ${difference}`);
  await rm(join(restored, SERIES_FILE));
}

/** Opens the engines as a hub does, looks whether they belong together, and lets the notifier go on where the sessions stand. */
async function settle({ notifier }: BackupManifest, restored: string): Promise<void> {
  const files = dataFiles(restored);
  const journal = await openLmdbJournal({ path: files.journal });
  try {
    if (journal.position(BACKUP_CONSUMER) !== undefined) await journal.dropConsumer(BACKUP_CONSUMER);
    if (notifier !== null) await journal.commit('notifier', parseCursor(notifier) ?? journal.start());
    const registry = await openRegistry({ path: files.registry });
    try {
      const store = await openDuckDbStore({ path: files.store });
      try {
        await new MissingEntries({ journal, registry, store }).check();
      } finally {
        await store.close();
      }
    } finally {
      await registry.close();
    }
  } finally {
    await journal.close();
  }
}
