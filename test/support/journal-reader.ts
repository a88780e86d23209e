import { openLmdbJournal } from '@seawall/journal-lmdb';
import { JOURNAL_START, type EntryOf, type JournalEntry } from '@seawall/ports';
import { join } from 'node:path';

/** Every entry of the journal in a stopped hub's data directory, in order. */
export async function readJournal(dataDir: string): Promise<JournalEntry[]> {
  const journal = await openLmdbJournal({ path: join(dataDir, 'journal') });
  try {
    const entries: JournalEntry[] = [];
    for await (const chunk of journal.read(JOURNAL_START, { follow: false })) entries.push(...chunk.entries);
    return entries;
  } finally {
    await journal.close();
  }
}

export function transitionsIn(entries: readonly JournalEntry[]): EntryOf<'transition'>[] {
  return entries.filter((entry) => entry.kind === 'transition');
}
