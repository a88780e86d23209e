import type { Journal, JournalEntry, SeriesStore, StoreChange } from '@seawall/ports';
import type { RoleLoop } from './role.ts';
import { tellProgress } from './tell-progress.ts';

/** Journal → series store. The store keeps the cursor with the readings, so a crash leaves nothing twice. */
export function writer(journal: Journal, store: SeriesStore): RoleLoop {
  return async (progress, signal) => {
    for await (const chunk of journal.read(store.cursor(), { signal })) {
      const changes = chunk.entries.flatMap(storeChanges);
      if (changes.length > 0) await store.write(changes, chunk.cursor);
      progress(await tellProgress(journal, 'writer', chunk));
    }
  };
}

function storeChanges(entry: JournalEntry): StoreChange[] {
  if (entry.kind === 'readings') return [{ kind: 'readings', seq: entry.seq, batch: entry.payload }];
  if (entry.kind !== 'device') return [];
  const { device, labelSpans, metrics } = entry.payload;
  const changes: StoreChange[] = [];
  if (labelSpans !== undefined) changes.push({ kind: 'labels', device, spans: labelSpans });
  if (metrics !== undefined) changes.push({ kind: 'metrics', metrics });
  return changes;
}
