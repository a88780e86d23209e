import { setImmediate } from 'node:timers/promises';
import {
  cursorAfter,
  CursorOutOfLogError,
  type JournalChunk,
  type JournalEntry,
  type ReadOptions,
} from '@seawall/ports';
import type { EntryRing } from './entry-ring.ts';
import { readEntry, type LogState } from './log-state.ts';
import type { Tables } from './tables.ts';
import type { Waiters } from './waiters.ts';

/** Decoded at one go at most, so that a reader that catches up does not hold up the event loop. */
const DISK_CHUNK_BYTES = 4 * 1024 * 1024;
const DISK_CHUNK_ENTRIES = 1000;

/** What readers see of an open journal. */
export interface ReadableLog {
  readonly state: LogState;
  readonly ring: EntryRing;
  /** Wakes when there is more to read, the files are open again, or the journal closes. */
  readonly waiters: Waiters;
  /** Undefined while the files are closed after a failure. */
  readonly tables: Tables | undefined;
  readonly closed: boolean;
}

/**
 * The entries after `from` in chunks, each read only when it is pulled. @param until end after this entry
 * @throws CursorOutOfLogError
 */
export async function* readLog(
  log: ReadableLog,
  from: number,
  until: number,
  { signal, maxEntries = 1000 }: ReadOptions,
): AsyncGenerator<JournalChunk> {
  let seq = from;
  while (!log.closed && !signal?.aborted) {
    refuseOutOfLog(log.state, seq);
    if (seq >= until) return;
    const limit = Math.min(maxEntries, Math.min(until, log.state.lastSeq) - seq);
    if (limit === 0) {
      await log.waiters.wait(signal);
      continue;
    }
    const entries = log.ring.from(seq + 1, limit) ?? (await readDisk(log, seq, limit, signal));
    if (entries.length > 0) {
      seq = entries.at(-1)!.seq;
      yield { entries, cursor: cursorAfter(entries.at(-1)!) };
    } else if (!log.tables && !log.closed) await log.waiters.wait(signal);
  }
}

/** @throws CursorOutOfLogError */
export function refuseOutOfLog({ firstSeq, lastSeq }: LogState, seq: number): void {
  if (seq > lastSeq) {
    throw new CursorOutOfLogError(`The cursor stands at entry ${seq}, but the log ends at entry ${lastSeq}.`);
  }
  if (seq < firstSeq - 1) {
    throw new CursorOutOfLogError(`The entries after ${seq} are trimmed; the log begins at entry ${firstSeq}.`);
  }
}

/** @returns nothing if the files are closed just now, or the reader was told to end */
async function readDisk(log: ReadableLog, after: number, limit: number, signal?: AbortSignal): Promise<JournalEntry[]> {
  // Chunks that are there already come without waiting; others must have their turn in between.
  await setImmediate();
  const { tables } = log;
  const entries: JournalEntry[] = [];
  if (!tables || log.closed || signal?.aborted) return entries;
  refuseOutOfLog(log.state, after);
  const last = after + Math.min(limit, DISK_CHUNK_ENTRIES);
  let bytes = 0;
  for (let seq = after + 1; seq <= last && bytes < DISK_CHUNK_BYTES; seq++) {
    const { entry, size } = readEntry(tables, seq);
    entries.push(entry);
    bytes += size;
  }
  return entries;
}
