import { openLmdbJournal } from '@seawall/journal-lmdb';
import type { Journal, Registry, SeriesStore, SessionStore } from '@seawall/ports';
import { lockDataDirectory, openRegistry, type DataDirectoryLock } from '@seawall/registry';
import { openLmdbSessionStore } from '@seawall/session-lmdb';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.ts';
import { dataDirectory } from './data-directory.ts';
import { opening } from './data-unusable-error.ts';
import { diskLevels, type DiskLevels } from './disk/disk-levels.ts';
import { diskRoom } from './disk/disk-room.ts';
import { bytesBeyond, roomLeft } from './disk/room-left.ts';
import { journalHighWater, journalLimit } from './journal-limit.ts';
import { openStore } from './open-store.ts';

/** The engines of a data directory, in the order they are opened in; they are closed in reverse. */
export interface Engines {
  readonly lock: DataDirectoryLock;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly store: SeriesStore;
  readonly sessions: SessionStore;
  /** By which the journal stops taking what comes from outside. */
  readonly levels: DiskLevels;
}

/** What a start has to undo if it fails further on, in the order it was done. */
export type Closers = (() => Promise<void> | void)[];

export interface OpenOptions {
  readonly settings: Settings;
  /** What InfluxDB is shown, where that is the store. */
  readonly influxToken: string | undefined;
  readonly log: Logger;
}

/** @throws DataDirectoryInUseError, DataUnusableError; what was opened until then is in `closers` */
export async function openEngines({ settings, influxToken, log }: OpenOptions, closers: Closers): Promise<Engines> {
  const directory = dataDirectory(settings.dataDir);
  const lock = lockDataDirectory(directory.root);
  closers.push(() => lock.release());
  const levels = diskLevels(settings, (await diskRoom(directory.root)).totalBytes);
  const bounds = {
    reserveBytes: levels.reserveBytes,
    limitBytes: journalLimit(settings),
    compactAboveBytes: journalHighWater(settings),
    onNotCompacted: (sentence: string) => log.warn(sentence),
  };
  const journal = await opening('journal', directory.journal, () =>
    openLmdbJournal({ path: directory.journal, ...bounds }),
  );
  closers.push(() => journal.close());
  const registry = await opening('registry', directory.registry, () => openRegistry({ path: directory.registry }));
  closers.push(() => registry.close());
  const store = await openStore(settings, directory, influxToken);
  closers.push(() => store.close());
  const sessions = await opening('session store', directory.sessions, () =>
    openLmdbSessionStore({
      path: directory.sessions,
      sessionExpiryMs: settings.sessionExpiryMs,
      hasRoom: roomLeft(directory.root, levels.reserveBytes / 2),
      freeBytes: () => bytesBeyond(directory.root, levels.reserveBytes / 2),
    }),
  );
  closers.push(() => sessions.destroy());
  return { lock, journal, registry, store, sessions, levels };
}

/** @param unused resolves when nobody reads the log any more: once the store is closed, at the latest */
export async function closeEngines(
  { lock, journal, registry, store, sessions }: Engines,
  unused: Promise<unknown>,
): Promise<void> {
  await sessions.destroy();
  await store.close();
  await unused;
  await registry.close();
  await journal.close();
  lock.release();
}
