import type { Cursor, Journal, JournalEntry } from '@seawall/ports';
import { CursorOutOfLogError } from '@seawall/ports';
import type { EventStream, StreamEvent } from './event-stream.ts';

export interface Follow {
  readonly journal: Journal;
  readonly from: Cursor;
  readonly signal: AbortSignal;
  /** What an entry means to this client: nothing, or one event or more. */
  readonly events: (entry: JournalEntry) => Iterable<StreamEvent>;
  /** After a silence of this length a comment is sent. */
  readonly pingMs: number;
}

const MAX_ENTRIES = 200;

/**
 * Feeds a client from the journal until the signal aborts. Nothing is read while the client is behind. Where the
 * entries asked for are no more, the client is told by an event `gap`, and goes on with the first that is kept.
 */
export async function followJournal(stream: EventStream, follow: Follow): Promise<void> {
  let place = follow.from;
  const timer = setInterval(() => stream.pingIfSilent(place), follow.pingMs);
  try {
    for (;;) {
      try {
        for await (const reached of feed(stream, follow, place)) place = reached;
        return;
      } catch (error) {
        place = await tellGap(stream, follow.journal, place, error);
      }
    }
  } finally {
    clearInterval(timer);
  }
}

/** @returns the places reached, chunk by chunk */
async function* feed(stream: EventStream, follow: Follow, from: Cursor): AsyncGenerator<Cursor> {
  const { journal, signal, events } = follow;
  for await (const { entries, cursor } of journal.read(from, { signal, follow: true, maxEntries: MAX_ENTRIES })) {
    for (const entry of entries) for (const event of events(entry)) await stream.send(event);
    yield cursor;
  }
}

async function tellGap(stream: EventStream, journal: Journal, asked: Cursor, error: unknown): Promise<Cursor> {
  const resumedAt = journal.start();
  if (!(error instanceof CursorOutOfLogError) || resumedAt === asked) throw error;
  await stream.send({ event: 'gap', id: resumedAt, data: { asked, resumedAt, detail: error.message } });
  return resumedAt;
}
