import type { Settings } from '../config/settings.ts';

/** Free bytes of the data directory's disk: below `lowBytes` the hub warns, below `reserveBytes` it acknowledges nothing. */
export interface DiskLevels {
  readonly lowBytes: number;
  /** Never above `lowBytes`. */
  readonly reserveBytes: number;
}

const LOW_BYTES = 2e9;
const LOW_SHARE = 1 / 10;
const RESERVE_BYTES = 512e6;
const RESERVE_SHARE = 1 / 40;

/** As set, else by the size of the disk. */
export function diskLevels(
  { diskLowBytes, diskReserveBytes }: Pick<Settings, 'diskLowBytes' | 'diskReserveBytes'>,
  totalBytes: number,
): DiskLevels {
  const usualReserve = Math.min(RESERVE_BYTES, totalBytes * RESERVE_SHARE);
  const reserveBytes = diskReserveBytes ?? Math.min(usualReserve, diskLowBytes ?? Infinity);
  const lowBytes = diskLowBytes ?? Math.max(Math.min(LOW_BYTES, totalBytes * LOW_SHARE), reserveBytes);
  return { lowBytes, reserveBytes };
}
