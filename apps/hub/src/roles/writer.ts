import { setTimeout as delay } from 'node:timers/promises';
import { batchLength } from '@seawall/model';
import {
  cursorAfter,
  cursorSeq,
  type Cursor,
  type Journal,
  type JournalEntry,
  type SeriesStore,
  type StoreChange,
} from '@seawall/ports';
import { journalRefused, type TellRejections } from './refused-readings.ts';
import type { RoleLoop } from './role.ts';
import { tellProgress } from './tell-progress.ts';

/** Many, since a city's readings come a few an entry: a write costs the store as much for one row as for a thousand. */
const MAX_ENTRIES = 1024;
/** Readings in one write, but for those of its last entry: bounds what a backlog brings into memory at once. */
const MAX_READINGS = 262_144;
/** Between two writes, while there is no backlog: a row costs a fifth in a write of 30,000 of what it costs in one of 2,000. */
const GATHER_MS = 100;

export interface WriterOptions {
  /** Whether the store can go on where it stopped; asked before anything is written. @throws Error that says why not */
  readonly check?: () => Promise<void>;
  /** Told of what the store's engine refused. */
  readonly tell?: TellRejections;
}

/** Journal → series store. The store keeps the cursor with the readings, so a crash leaves nothing twice. */
export function writer(journal: Journal, store: SeriesStore, options: WriterOptions = {}): RoleLoop {
  const { check, tell = () => undefined } = options;
  return async (progress, signal) => {
    let last: Cursor | undefined;
    await check?.();
    for await (const chunk of journal.read(await store.cursor(), { signal, maxEntries: MAX_ENTRIES })) {
      for (const entries of portions(chunk.entries)) {
        const [changes, cursor] = [entries.flatMap(storeChanges), cursorAfter(entries.at(-1)!)];
        const ticked = entries.some(({ kind }) => kind === 'tick');
        // With a tick the cursor moves even without changes, or trimming would overtake it in a quiet spell.
        if (changes.length > 0 || ticked)
          await store.write(changes, cursor, (refused) => journalRefused(journal, entries, refused, tell));
        if (ticked) await tellProgress(journal, 'writer', await store.cursor());
        progress(cursor, entries.at(-1)!.stamp);
      }
      last = chunk.cursor;
      const behind = cursorSeq(journal.end()) - cursorSeq(chunk.cursor);
      if (behind < chunk.entries.length) await delay(GATHER_MS, undefined, { signal }).catch(() => undefined);
    }
    if (last === undefined) return;
    await store.write([], last);
    await tellProgress(journal, 'writer', await store.cursor());
  };
}

/** Cuts a chunk where its readings become too many for one write. */
function portions(entries: readonly JournalEntry[]): (readonly JournalEntry[])[] {
  const cut: JournalEntry[][] = [[]];
  let readings = 0;
  for (const entry of entries) {
    if (readings >= MAX_READINGS) {
      cut.push([]);
      readings = 0;
    }
    cut.at(-1)!.push(entry);
    if (entry.kind === 'readings') readings += batchLength(entry.payload);
  }
  return cut;
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
