import type { Cursor, Journal, JournalChunk } from '@seawall/ports';

/**
 * Tells the journal how far a role is, which only trimming needs: once a tick is often enough. What the role must not
 * do twice it keeps with its own cursor.
 */
export async function tellProgress(journal: Journal, consumer: string, chunk: JournalChunk): Promise<Cursor> {
  if (chunk.entries.some((entry) => entry.kind === 'tick')) await journal.commit(consumer, chunk.cursor);
  return chunk.cursor;
}
