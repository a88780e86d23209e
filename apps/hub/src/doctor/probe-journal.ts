import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdbJournal } from '@seawall/journal-lmdb';
import { lastRun, lastVersion, type LastRun } from '../last-run.ts';
import type { JournalFacts } from './check-journal.ts';

export interface JournalProbe {
  readonly facts: JournalFacts;
  readonly lastStamp?: number;
  readonly lastRun?: LastRun;
  readonly lastVersion?: string;
}

/** Reads the journal of a hub that does not run. The caller holds the lock of the data directory; nothing is appended. */
export async function probeJournal(path: string): Promise<JournalProbe> {
  if (!existsSync(join(path, 'data.mdb'))) return { facts: { kind: 'none' } };
  let journal;
  try {
    journal = await openLmdbJournal({ path, ringBytes: 0 });
  } catch (error) {
    return { facts: { kind: 'unreadable', message: (error as Error).message } };
  }
  try {
    const { firstSeq, lastSeq, lastStamp, consumers } = journal.status();
    const version = await lastVersion(journal);
    return {
      facts: { kind: 'stopped', firstSeq, lastSeq, consumers },
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
