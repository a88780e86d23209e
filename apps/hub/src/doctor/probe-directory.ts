import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DataDirectoryInUseError, lockDataDirectory, type DataDirectoryLock } from '@seawall/registry';
import { dataFiles, KNOWN_NAMES } from '../data-directory.ts';
import { diskUse } from '../disk/disk-use.ts';
import { nearestThere } from '../nearest-there.ts';
import type { DirectoryFacts, LockState } from './check-data-directory.ts';
import { isDataDirectory } from './data-directories-in.ts';
import { lockHolder } from './processes.ts';

/** Looks without changing anything. */
export function probeDirectory(path: string, lock: LockState): DirectoryFacts {
  const userUid = process.getuid?.();
  const stat = statSync(path, { throwIfNoEntry: false });
  const parent = nearestThere(dirname(resolve(path)));
  const above = { path: parent, writable: may(parent, constants.W_OK | constants.X_OK) };
  if (stat === undefined) return { path, found: undefined, above, userUid, lock };
  const isDirectory = stat.isDirectory();
  const names = isDirectory && mayRead(path) ? readdirSync(path) : [];
  return {
    path,
    above,
    userUid,
    lock,
    found: {
      isDirectory,
      ownerUid: stat.uid,
      mode: stat.mode,
      writable: mayWrite(path),
      foreign: names.filter((name) => !KNOWN_NAMES.test(name) && !isDataDirectory(join(path, name))),
      sizes: names.length > 0 ? sizesOf(path) : {},
      damaged: isDirectory ? damagedFiles(path) : [],
    },
  };
}

/** The lock is taken if it is free, so that no hub starts while its files are looked at: the caller releases it. */
export function tryLock(path: string): { readonly state: LockState; readonly lock?: DataDirectoryLock } {
  const file = join(path, 'lock.db');
  if (!existsSync(file)) return { state: { kind: 'never' } };
  try {
    return { state: { kind: 'free' }, lock: lockDataDirectory(path) };
  } catch (error) {
    if (error instanceof DataDirectoryInUseError) return { state: { kind: 'held', pid: lockHolder(file) } };
    return { state: { kind: 'unreadable', message: (error as Error).message } };
  }
}

function sizesOf(root: string): Record<string, number> {
  return Object.fromEntries(Object.entries(diskUse(root)).filter(([, bytes]) => bytes > 0));
}

/** What the files of the engines begin with, and where. */
const BEGINNINGS = [
  { name: 'registry', at: 0, text: 'SQLite format 3\0' },
  { name: 'store', at: 8, text: 'DUCK' },
] as const;

function damagedFiles(root: string): string[] {
  const files = dataFiles(root);
  return BEGINNINGS.filter(({ name, at, text }) => {
    const path = files[name];
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return size > 0 && mayRead(path) && beginning(path, at, text.length) !== text;
  }).map(({ name }) => files[name]);
}

function beginning(path: string, at: number, length: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, at);
    return bytes.toString('latin1');
  } finally {
    closeSync(file);
  }
}

function mayRead(path: string): boolean {
  return may(path, constants.R_OK);
}

function mayWrite(path: string): boolean {
  return may(path, constants.W_OK);
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    // access(2) fails for "no", whatever the reason: that is the answer.
    return false;
  }
}
