import { sizeText } from '../amounts.ts';
import { attention, ok, type Finding } from './finding.ts';

/** Who has the data directory to itself. */
export type LockState =
  | { readonly kind: 'never' }
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly pid: number | undefined }
  | { readonly kind: 'unreadable'; readonly message: string };

export interface DirectoryFacts {
  readonly path: string;
  /** Undefined: it is not there. */
  readonly found:
    | {
        readonly isDirectory: boolean;
        readonly ownerUid: number;
        /** Permission bits. */
        readonly mode: number;
        readonly writable: boolean;
        /** What is in it that no Seawall made. */
        readonly foreign: readonly string[];
        /** By engine, bytes on disk. */
        readonly sizes: Readonly<Record<string, number>>;
        /** Files whose beginning is not that of their kind. */
        readonly damaged: readonly string[];
      }
    | undefined;
  /** The nearest folder above it that is there, in which the hub would make it. */
  readonly above: { readonly path: string; readonly writable: boolean };
  readonly userUid: number | undefined;
  readonly lock: LockState;
}

const OPEN_TO_OTHERS = 0o077;

export function checkDataDirectory({ path, found, above, userUid, lock }: DirectoryFacts): readonly Finding[] {
  if (found === undefined) return [checkAbove(path, above)];
  if (!found.isDirectory)
    return [attention('data', `${path} is no folder.`, 'Move it away, or choose another one with --data-dir.')];
  return [
    checkOwner(path, found, userUid),
    checkMode(path, found.mode),
    ...checkContent(path, found),
    ok('data', `${path} holds ${sizesText(found.sizes)}.`),
    checkLock(path, lock),
  ];
}

function checkAbove(path: string, above: DirectoryFacts['above']): Finding {
  if (above.writable) return ok('data', `${path} is not there yet; "seawall up" makes it.`);
  const todo = `Make it as a user who may, and give it to the one the hub runs as; or choose another with --data-dir.`;
  const says = `${path} is not there, and this user can't make it: nothing may be written in ${above.path}.`;
  return attention('data', says, todo);
}

type Found = NonNullable<DirectoryFacts['found']>;

function checkOwner(path: string, { ownerUid, writable }: Found, userUid: number | undefined): Finding {
  if (!writable) {
    const todo = `Run the hub as the user ${ownerUid}, or give it the folder: chown -R ${userUid ?? '<user>'} ${path}`;
    return attention('data', `${path} can't be written by this user (it is of user ${ownerUid}).`, todo);
  }
  if (userUid === undefined || ownerUid === userUid) return ok('data', `${path} is this user's own.`);
  const todo = `Run hub and commands as one user, else one makes files that the other can't write: chown -R ${userUid} ${path}`;
  return attention('data', `${path} is of user ${ownerUid}, and this is user ${userUid}.`, todo);
}

function checkMode(path: string, mode: number): Finding {
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  if ((mode & OPEN_TO_OTHERS) === 0) return ok('data', `No other user may look into it (mode ${bits}).`);
  return attention('data', `Other users of this machine may look into ${path} (mode ${bits}).`, `chmod 700 ${path}`);
}

function checkContent(path: string, { foreign, damaged }: Found): Finding[] {
  const findings: Finding[] = [];
  if (foreign.length > 0) {
    const says = `${path} also holds what Seawall did not make: ${foreign.slice(0, 5).join(', ')}${foreign.length > 5 ? ', …' : ''}.`;
    findings.push(attention('data', says, 'Give Seawall a folder of its own with --data-dir, or move the files away.'));
  }
  for (const file of damaged) {
    const todo =
      'Stop the hub, move the file away and start again: what the journal still holds is read into a new one.';
    findings.push(attention('data', `${file} is damaged: it does not begin as such a file does.`, todo));
  }
  return findings;
}

function sizesText(sizes: Found['sizes']): string {
  const parts = Object.entries(sizes).map(([engine, bytes]) => `${engine} ${sizeText(bytes)}`);
  return parts.length === 0 ? 'nothing yet' : parts.join(', ');
}

function checkLock(path: string, lock: LockState): Finding {
  switch (lock.kind) {
    case 'never':
      return ok('data', 'No hub has run on it yet.');
    case 'free':
      return ok('data', 'No hub runs on it now.');
    case 'held':
      return ok('data', `A hub runs on it${lock.pid === undefined ? '' : ` (process ${lock.pid})`}.`);
    case 'unreadable':
      return attention(
        'data',
        `Whether a hub runs on ${path} can't be told: ${lock.message}.`,
        'Look at the owner of lock.db in it.',
      );
  }
}
