import { sizeText } from '../amounts.ts';
import { attention, ok, unknown, type Finding } from './finding.ts';

export interface DiskFacts {
  /** The folder that was looked at: the data directory, or the nearest one above it that is there. */
  readonly path: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Free bytes below which the hub warns, and below which it acknowledges nothing. */
  readonly lowBytes: number;
  readonly reserveBytes: number;
  readonly freeInodes: number;
  /** 0 where the file system has no fixed number of them. */
  readonly totalInodes: number;
  /** As statfs(2) names it on Linux; undefined elsewhere. */
  readonly fileSystem: number | undefined;
  /** Whether readings are kept elsewhere, so that retention makes no room here. */
  readonly storeIsElsewhere?: boolean;
  /** How long each of a few small writes took until it was on disk, ms; or why it was not tried. */
  readonly flushes: readonly number[] | { readonly notTried: string };
}

const LOW_INODES_SHARE = 0.02;
const SLOW_FLUSH_MS = 50;
/** No disk, and few caches with a battery, flush faster. */
const TOO_FAST_MS = 0.015;

export function checkDisk(facts: DiskFacts): readonly Finding[] {
  return [checkSpace(facts), checkInodes(facts), ...checkFileSystem(facts), checkFlushes(facts)];
}

function checkSpace({ path, freeBytes, totalBytes, lowBytes, reserveBytes, storeIsElsewhere }: DiskFacts): Finding {
  const bounds = storeIsElsewhere ? JOURNAL_BOUNDS : WHAT_BOUNDS;
  const says = `${sizeText(freeBytes)} of ${sizeText(totalBytes)} are free where ${path} is`;
  if (freeBytes >= lowBytes) return ok('disk', `${says}; the hub warns below ${sizeText(lowBytes)}.`);
  if (freeBytes < reserveBytes) {
    const todo = `Make room: until ${sizeText(reserveBytes)} are free again, nothing is acknowledged. ${bounds}`;
    return attention('disk', `${says}, less than the reserve of ${sizeText(reserveBytes)}.`, todo);
  }
  const todo = `Make room before it is less than ${sizeText(reserveBytes)}, where nothing is acknowledged any more. ${bounds}`;
  return attention('disk', `${says}, less than ${sizeText(lowBytes)}.`, todo);
}

const JOURNAL_BOUNDS = '--journal-max-size bounds the journal, see docs/operations.md.';
const WHAT_BOUNDS = '--retain-raw bounds the store and --journal-max-size the journal, see docs/operations.md.';

function checkInodes({ freeInodes, totalInodes }: DiskFacts): Finding {
  if (totalInodes === 0) return ok('disk', 'The file system has no fixed number of inodes.');
  const says = `${freeInodes} of ${totalInodes} inodes are free.`;
  if (freeInodes >= totalInodes * LOW_INODES_SHARE) return ok('disk', says);
  return attention('disk', says, 'Remove files that are no longer needed: without inodes no file can be made.');
}

const NETWORK: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x01021997: '9p',
  0x65735546: 'FUSE',
  0x00c36400: 'Ceph',
};
const MEMORY: Readonly<Record<number, string>> = { 0x01021994: 'tmpfs', 0x858458f6: 'ramfs' };
const OVERLAY = 0x794c7630;

function checkFileSystem({ path, fileSystem }: DiskFacts): Finding[] {
  if (fileSystem === undefined) return [unknown('disk', 'Which file system it is can be told on Linux only.')];
  const memory = MEMORY[fileSystem];
  if (memory !== undefined) {
    const todo = 'Keep the data on a disk: choose another folder with --data-dir.';
    return [
      attention('disk', `${path} is in memory (${memory}): everything is gone after a restart of the machine.`, todo),
    ];
  }
  const network = NETWORK[fileSystem];
  if (network !== undefined) {
    const says = `${path} is on a network or user-space file system (${network}), whose locks and flushes can't be trusted.`;
    return [attention('disk', says, 'Keep the data on a disk of this machine: choose another folder with --data-dir.')];
  }
  if (fileSystem === OVERLAY) {
    const says = `${path} is in a container's own layer: the data is gone when the container is removed.`;
    return [attention('disk', says, 'Mount a volume there, or choose a folder on one with --data-dir.')];
  }
  return [ok('disk', 'The file system is one of this machine.')];
}

function checkFlushes({ flushes }: DiskFacts): Finding {
  if ('notTried' in flushes) return unknown('disk', `What a flush costs was not measured: ${flushes.notTried}.`);
  const sorted = [...flushes].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  const says = `A flush to disk took ${ms(median)} at the median and ${ms(sorted.at(-1)!)} at worst (${sorted.length} writes of 4 kB, measured now).`;
  if (median > SLOW_FLUSH_MS) {
    return attention(
      'disk',
      says,
      'Every acknowledgement waits for one. Use a faster disk, or look at what else writes to it.',
    );
  }
  if (median < TOO_FAST_MS) {
    const todo =
      'Find out whether flushes are honoured (a virtual disk\'s "unsafe" cache, eatmydata): a power cut may lose what was acknowledged.';
    return attention('disk', `${says} No disk is that fast.`, todo);
  }
  return ok('disk', says);
}

function ms(value: number): string {
  return `${Number(value.toPrecision(2))} ms`;
}
