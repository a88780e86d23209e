import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeriesDigest } from '@seawall/model';
import type { CopyOptions, Journal, SeriesCount } from '@seawall/ports';
import { digestDatabase } from '@seawall/store-duckdb';
import { dataFiles } from '../data-directory.ts';
import { flush } from '../flush.ts';
import type { Engines } from '../open-engines.ts';
import { VERSION } from '../version.ts';
import { digestFile, filesBelow } from './file-digests.ts';
import { MANIFEST_FILE, MANIFEST_FORMAT, SERIES_FILE, type BackedUpFile, type BackupManifest } from './manifest.ts';
import { differenceOf } from './verify-backup.ts';

/** While it stands at the log's beginning, nothing is trimmed. */
export const BACKUP_CONSUMER = 'backup';
/** Beside the engines' files: what people have put into the data directory, and the time that expiry goes by. */
const PLAIN_FILES = ['rules', 'simulation.json', 'trusted-time'];

export interface BackupOptions {
  /** The hub's data directory. */
  readonly dataDir: string;
  /** Where backups are. */
  readonly directory: string;
  readonly name: string;
  /** The folder in which it is made; it gets the backup's name when all is on disk. */
  readonly half: string;
  /** Epoch ms. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BackupProgress) => void;
}

export interface BackupProgress {
  readonly step: 'copying' | 'verifying';
  /** Bytes copied, or readings verified. */
  readonly done: number;
}

type Copied = Pick<Engines, 'journal' | 'registry' | 'store' | 'sessions'>;

/**
 * Copies a running hub. Every reader of the log keeps its own place in it; so the readers are copied first and the log
 * last, without trimming meanwhile: each place lies within the copied log, and a hub that starts on the copies catches
 * up. The notifier's place alone is in the log, while what it published is among the sessions; so it is noted before
 * those are copied. Then what was copied is counted in the copy itself.
 * @throws what a port throws, the file system's error, the signal's reason; then the half folder is gone
 */
export async function takeBackup(engines: Copied, options: BackupOptions): Promise<BackupManifest> {
  const startedAt = options.now();
  const { half } = options;
  await mkdir(half, { mode: 0o700 });
  try {
    const { held, notifier } = await copyAll(engines, half, options);
    const series = await verify(half, held, options);
    const manifest = await describe(half, { series, notifier, startedAt }, options);
    await rename(half, join(options.directory, options.name));
    await flush(options.directory);
    return manifest;
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw error;
  }
}

interface CopiedAll {
  /** What the copy of the store must hold. */
  readonly held: readonly SeriesCount[];
  readonly notifier: string | null;
}

async function copyAll(engines: Copied, half: string, options: BackupOptions): Promise<CopiedAll> {
  const { journal, registry, store, sessions } = engines;
  const to = dataFiles(half);
  let before = 0;
  const copy = async <S extends { readonly bytes: number }>(of: (options: CopyOptions) => Promise<S>): Promise<S> => {
    const onProgress = (bytes: number) => options.onProgress({ step: 'copying', done: before + bytes });
    const summary = await of({ signal: options.signal, onProgress });
    before += summary.bytes;
    onProgress(0);
    return summary;
  };
  return holdingTrimming(journal, async () => {
    const { series: held } = await copy((copyOptions) => store.backup(to.store, copyOptions));
    await copy((copyOptions) => registry.backup(to.registry, copyOptions));
    const notifier = journal.position('notifier')?.cursor ?? null;
    await copy((copyOptions) => sessions.backup(to.sessions, copyOptions));
    await copyPlainFiles(options.dataDir, half);
    await copy((copyOptions) => journal.backup(to.journal, copyOptions));
    return { held, notifier };
  });
}

async function holdingTrimming<T>(journal: Journal, work: () => Promise<T>): Promise<T> {
  await journal.commit(BACKUP_CONSUMER, journal.start());
  try {
    return await work();
  } finally {
    await journal.dropConsumer(BACKUP_CONSUMER);
  }
}

async function copyPlainFiles(from: string, to: string): Promise<void> {
  for (const name of PLAIN_FILES) {
    const there = await stat(join(from, name)).catch(absent);
    if (there === undefined) continue;
    // A link would lead nowhere on another machine.
    await cp(join(from, name), join(to, name), { recursive: true, dereference: true });
    if (there.isDirectory()) for (const file of await filesBelow(join(to, name))) await flush(join(to, name, file));
    await flush(join(to, name));
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function verify(
  half: string,
  held: readonly SeriesCount[],
  { signal, onProgress }: BackupOptions,
): Promise<readonly SeriesDigest[]> {
  const { store } = dataFiles(half);
  const series = await digestDatabase(store, {
    signal,
    onProgress: (readings) => onProgress({ step: 'verifying', done: readings }),
  });
  await rm(`${store}.tmp`, { recursive: true, force: true });
  const difference = differenceOf(held, series);
  if (difference !== undefined) throw new Error(`The copy is not what the series store held. ${difference}`);
  return series;
}

async function describe(
  half: string,
  { series, notifier, startedAt }: Pick<BackupManifest, 'notifier' | 'startedAt'> & { series: readonly SeriesDigest[] },
  { name, now, signal }: BackupOptions,
): Promise<BackupManifest> {
  await writeFlushed(join(half, SERIES_FILE), series.map((of) => `${JSON.stringify(of)}\n`).join(''));
  const files: BackedUpFile[] = [];
  for (const path of await filesBelow(half)) files.push(await digestFile(half, path, { signal }));
  const manifest: BackupManifest = {
    format: MANIFEST_FORMAT,
    seawall: VERSION,
    name,
    startedAt,
    finishedAt: now(),
    readings: series.reduce((sum, { readings }) => sum + readings, 0),
    series: series.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    notifier,
    files,
  };
  await writeFlushed(join(half, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  await flush(half);
  return manifest;
}

async function writeFlushed(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flush: true });
}
