import type { Settings } from './config/settings.ts';

const TIMES_MAX_SIZE = 16;

/** Bytes of kept entries beyond which the journal takes nothing: only a role that is behind lets it come to that. */
export function journalLimit({
  journalLimitBytes,
  journalMaxBytes,
}: Pick<Settings, 'journalLimitBytes' | 'journalMaxBytes'>): number {
  return journalLimitBytes ?? TIMES_MAX_SIZE * journalMaxBytes;
}

/** LMDB's pages are half full at worst, and some are written ahead and between two trims. */
const SLACK = 256e6;

/**
 * The size beyond which the journal's file has grown more than what it keeps can explain: a role was behind, and a file
 * of LMDB does not shrink when it has caught up.
 */
export function journalHighWater({ journalMaxBytes }: Pick<Settings, 'journalMaxBytes'>): number {
  return 2 * journalMaxBytes + SLACK;
}
