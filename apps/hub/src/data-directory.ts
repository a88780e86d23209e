import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SettingError } from './config/setting-error.ts';
import { makeFolders } from './make-folders.ts';

/** Where each embedded engine keeps its files. */
export interface DataDirectory {
  readonly root: string;
  readonly journal: string;
  readonly sessions: string;
  readonly registry: string;
  readonly store: string;
  /** The file that tells its journal from any other. */
  readonly hubId: string;
  /** The file with the time that expiry has gone by. */
  readonly trustedTime: string;
}

/** The names Seawall gives to what it keeps in a data directory, and a few that file systems and people put anywhere. */
export const KNOWN_NAMES =
  /^(journal|sessions|rules|backups|restoring|simulation\.json|(hub-id|trusted-time)(\.part)?|lost\+found|(registry|lock)\.db(-\w+)?|series\.duckdb(\.\w+)?|\..*)$/;

/** The folder in which a restore gathers its files, until all of them are whole. */
export const RESTORING = 'restoring';

export function dataFiles(root: string): DataDirectory {
  return {
    root,
    journal: join(root, 'journal'),
    sessions: join(root, 'sessions'),
    registry: join(root, 'registry.db'),
    store: join(root, 'series.duckdb'),
    hubId: join(root, 'hub-id'),
    trustedTime: join(root, 'trusted-time'),
  };
}

/**
 * Makes the folder, for this user only; one that is there must be Seawall's or empty.
 * @throws SettingError if it can't be made, can't be written, or holds something else
 */
export function dataDirectory(root: string): DataDirectory {
  makeDataFolder(root);
  refuseForeign(root);
  return dataFiles(root);
}

/** Makes the folder, for this user only, if it is not there. @throws SettingError if it can't be made, read or written */
export function makeDataFolder(root: string): void {
  try {
    makeFolders(root);
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SettingError(unusable(root, error as NodeJS.ErrnoException), { cause: error });
  }
}

function unusable(root: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `--data-dir ${root} can't be written by this user${ownerOf(root)}. Run this as its owner, or choose another folder.`;
    case 'ENOENT':
      return `--data-dir ${root} can't be made: no folder can be made there. Choose another one.`;
    case 'EROFS':
      return `--data-dir ${root} is on a file system that is mounted read-only. Mount it for writing, or choose another folder.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `--data-dir ${root} is a file, or lies below one. Choose another folder.`;
    case 'ENOSPC':
      return `--data-dir ${root} can't be made: the disk is full. Make room, or choose a folder on another one.`;
    default:
      return `--data-dir ${root} can't be used: ${message}.`;
  }
}

function ownerOf(root: string): string {
  try {
    return ` (it is of user ${statSync(root).uid})`;
  } catch {
    // It is not even there; what kept it from being made is in the sentence already.
    return '';
  }
}

/** A folder without any file of Seawall's but with others is most likely a slip, and "begin anew" would delete it. */
function refuseForeign(root: string): void {
  const names = readdirSync(root);
  if (names.includes(RESTORING)) {
    throw new SettingError(
      `--data-dir ${root} holds a backup that was not restored to its end. Run "seawall restore" again with the same folder, or choose another one.`,
    );
  }
  const foreign = names.filter((name) => !KNOWN_NAMES.test(name));
  if (foreign.length === 0 || names.includes('lock.db')) return;
  throw new SettingError(
    `--data-dir ${root} is no data directory of Seawall, and holds other things (${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ', …' : ''}). ` +
      'Choose a folder of its own for it, such as ./data/city.',
  );
}
