import { setTimeout as delay } from 'node:timers/promises';
import type { Journal, JournalEntry, SeriesStore, StoreChange } from '@seawall/ports';
import type { RoleLoop } from './role.ts';
import { hasTick, tellProgress } from './tell-progress.ts';

/** Bounds what a backlog brings into memory at once. */
const MAX_ENTRIES = 64;
/** Between two writes, while there is no backlog: a row costs a fifth in a write of 30,000 of what it costs in one of 2,000. */
const GATHER_MS = 100;

/** Journal → series store. The store keeps the cursor with the readings, so a crash leaves nothing twice. */
export function writer(journal: Journal, store: SeriesStore): RoleLoop {
  return async (progress, signal) => {
    for await (const chunk of journal.read(store.cursor(), { signal, maxEntries: MAX_ENTRIES })) {
      const changes = chunk.entries.flatMap(storeChanges);
      const ticked = hasTick(chunk);
      // With a tick the cursor moves even without changes, or trimming would overtake it in a quiet spell.
      if (changes.length > 0 || ticked) await store.write(changes, chunk.cursor);
      if (ticked) await tellProgress(journal, 'writer', store.cursor());
      progress(chunk.cursor, chunk.entries.at(-1)!.stamp);
      if (chunk.entries.length < MAX_ENTRIES) await delay(GATHER_MS, undefined, { signal }).catch(() => undefined);
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
