import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdbJournal } from '@seawall/journal-lmdb';
import { lastRun, lastVersion, type LastRun } from '../last-run.ts';
import type { DiskLevels } from '../disk/disk-levels.ts';
import type { JournalFacts, JournalRoom } from './check-journal.ts';

export interface JournalProbe {
  readonly facts: JournalFacts;
  readonly lastStamp?: number;
  readonly lastRun?: LastRun;
  readonly lastVersion?: string;
  /** As a hub that runs has them; of one that does not the settings say. */
  readonly levels?: DiskLevels;
}

/**
 * Reads the journal of a hub that does not run. The caller holds the lock of the data directory; nothing is appended.
 * @param bounds as the settings say
 */
export async function probeJournal(
  path: string,
  bounds: Pick<JournalRoom, 'limitBytes' | 'highWaterBytes'>,
): Promise<JournalProbe> {
  if (!existsSync(join(path, 'data.mdb'))) return { facts: { kind: 'none' } };
  let journal;
  try {
    journal = await openLmdbJournal({ path, ringBytes: 0 });
  } catch (error) {
    return { facts: { kind: 'unreadable', message: (error as Error).message } };
  }
  try {
    const { firstSeq, lastSeq, lastStamp, consumers, bytes, keptBytes = bytes } = journal.status();
    const version = await lastVersion(journal);
    return {
      facts: { kind: 'stopped', firstSeq, lastSeq, consumers, room: { bytes, keptBytes, ...bounds } },
      lastStamp,
      lastRun: await lastRun(journal),
      ...(version === undefined ? {} : { lastVersion: version }),
    };
  } catch (error) {
    return {
      facts: { kind: 'unreadable', message: `The journal in ${path} can't be read: ${(error as Error).message}.` },
    };
  } finally {
    await journal.close();
  }
}
