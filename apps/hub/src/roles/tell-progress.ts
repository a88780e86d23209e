import type { Cursor, Journal, JournalChunk } from '@seawall/ports';

export function hasTick({ entries }: JournalChunk): boolean {
  return entries.some((entry) => entry.kind === 'tick');
}

/**
 * Tells the journal how far a role is, which only trimming needs: once a tick is often enough.
 * @param kept the role's own durable cursor, from which it starts again: what lies behind it must not be trimmed
 */
export async function tellProgress(journal: Journal, consumer: string, kept: Cursor): Promise<void> {
  await journal.commit(consumer, kept);
}
