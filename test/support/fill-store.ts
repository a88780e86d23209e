import { openLmdbJournal } from '@seawall/journal-lmdb';
import type { ReadingBatch } from '@seawall/model';
import { cursorAfter, type EntryDraft, type SeriesStore } from '@seawall/ports';
import { openDuckDbStore } from '@seawall/store-duckdb';
import { join } from 'node:path';

const TICK: EntryDraft = { kind: 'tick', origin: 'live', payload: null };

/** The hub's own default. */
export const HUB_STORE_MEMORY_MB = 1024;

export interface FillOptions {
  /** Whether the journal has the readings too, for whoever else reads it; it has a tick for each batch unless given. */
  readonly journalled?: boolean;
  /** What else to do with the store after each write. */
  readonly afterEach?: (store: SeriesStore) => Promise<void>;
  /** And once all is written. */
  readonly finish?: (store: SeriesStore) => Promise<void>;
}

/**
 * Puts readings into the store of a stopped hub by its port, as fast as that goes, with an entry of the journal for each
 * batch, so that store and journal agree when the hub goes on.
 */
export async function fillStore(
  dataDir: string,
  batches: Iterable<ReadingBatch>,
  { journalled = false, afterEach, finish }: FillOptions = {},
): Promise<void> {
  const journal = await openLmdbJournal({ path: join(dataDir, 'journal') });
  const store = await openDuckDbStore({ path: join(dataDir, 'series.duckdb'), memoryLimitMb: HUB_STORE_MEMORY_MB });
  try {
    for (const batch of batches) {
      const draft: EntryDraft = journalled ? { kind: 'readings', origin: 'live', payload: batch } : TICK;
      const seq = (await journal.append([draft]))[0]!.seq;
      await store.write([{ kind: 'readings', seq, batch }], cursorAfter({ partition: 0, seq }));
      await afterEach?.(store);
    }
    await finish?.(store);
  } finally {
    await store.close();
    await journal.close();
  }
}
