import type { Copyable } from './backup.ts';
import type { EntryDraft, JournalEntry } from './journal-entry.ts';

/**
 * A place between two entries of the log: a vector with one sequence number a partition, opaque to consumers.
 * Compare and move it with the functions beside this type only.
 */
export type Cursor = string & { readonly __cursor: unique symbol };

/** Before the first entry. */
export const JOURNAL_START = '0' as Cursor;

/** The place just after an entry. */
export function cursorAfter(entry: Pick<JournalEntry, 'partition' | 'seq'>): Cursor {
  // v1 has one partition, so the vector has one element.
  return String(entry.seq) as Cursor;
}

/** The sequence number of the last entry before the cursor. @throws SyntaxError if the text is no cursor */
export function cursorSeq(cursor: Cursor): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new SyntaxError(`"${cursor}" is not a journal cursor.`);
  return Number(cursor);
}

/** Text from outside (a Last-Event-ID) as a cursor, or undefined if it is none. */
export function parseCursor(text: string): Cursor | undefined {
  return /^\d{1,15}$/.test(text) ? (text as Cursor) : undefined;
}

export interface Appended {
  readonly seq: number;
  /** Epoch ms. */
  readonly stamp: number;
  /** True: producer sequence or key had been appended before; `seq` and `stamp` are the first one's. */
  readonly duplicate: boolean;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Entries in one chunk at most; 1,000 unless given. */
  readonly maxEntries?: number;
  /** End with the entries there are now instead of waiting for more. */
  readonly follow?: boolean;
}

export interface JournalChunk {
  /** Never empty. */
  readonly entries: readonly JournalEntry[];
  /** The place after the last of them. */
  readonly cursor: Cursor;
}

export interface ConsumerPosition {
  readonly cursor: Cursor;
  readonly state?: Uint8Array;
}

export interface JournalStatus {
  /** False after a failed write, until a later one has succeeded, and while there is no room for what comes from outside. */
  readonly writable: boolean;
  /** The sentence of the last failure while not writable. */
  readonly failure?: string;
  /** What keeps it from being writable: a write that failed, too little room on the disk, or readers too far behind. */
  readonly suspendedBy?: 'failure' | 'disk' | 'readers';
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastStamp: number;
  /** Bytes of the log's file. */
  readonly bytes: number;
  /** Of the entries that are kept, which is what trimming bounds; the file may be larger. Absent where it is not known. */
  readonly keptBytes?: number;
  readonly consumers: readonly { readonly name: string; readonly seq: number }[];
}

export interface TrimPolicy {
  /**
   * Keep what is younger. An entry's age is the time for which the log has been open since it came, whatever the stamps
   * say: those follow a clock that may leap. It may be taken for a minute less, and one more for each time the log was
   * opened since; negative: everything is older.
   */
  readonly maxAgeMs: number;
  /** Keep no more than this many payload bytes, however young. */
  readonly maxBytes: number;
}

/** The log can't be written; nothing of the call was stored. Try again later. */
export class JournalUnavailableError extends Error {
  override readonly name = 'JournalUnavailableError';
}

/** The same idempotency key came with other content. Nothing of the call was stored. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError';
}

/** Entries after the cursor have been trimmed, or the cursor lies beyond the log's end. */
export class CursorOutOfLogError extends Error {
  override readonly name = 'CursorOutOfLogError';
}

/** The durable ordered log: one writer's order, many readers. */
export interface Journal extends Copyable {
  /**
   * Appends all drafts or none, in order and next to each other. Resolves when they are on disk; calls that overlap
   * share a flush, and resolve in the order they were made. Stamps are set inside, are
   * the wall clock's time and never decrease; while that is behind the last one they go on slower than time (`StampClock`).
   * Drafts whose producer sequence is not above that producer's last, or whose key is known, are not stored again.
   * Readers never see an entry before its append has reached the disk.
   * @returns one result a draft
   * @throws JournalUnavailableError, KeyReusedError
   */
  append(drafts: readonly EntryDraft[]): Promise<readonly Appended[]>;

  /**
   * Forgets an idempotency key early, so that the id may be used for something new (MQTT packet ids come round).
   * May share a later flush: after a crash a key forgotten just before may still be known.
   */
  forgetKey(id: string): void;

  /**
   * The entries after a cursor, in order, in chunks of what is there; then waits for more until the signal aborts
   * (which ends the iteration without an error). A reader that does not pull holds nothing back and costs nothing.
   * @throws CursorOutOfLogError
   */
  read(after: Cursor, options?: ReadOptions): AsyncIterable<JournalChunk>;

  /** The place after the last entry. */
  end(): Cursor;

  /** The place before the first entry that is still kept. */
  start(): Cursor;

  /**
   * In one atomic step: appends the outputs (as `append` does), keeps the consumer's state if one is given, and moves
   * its cursor. A consumer that has committed once holds back trimming. Rejections among the outputs are taken also
   * while there is no room for what comes from outside.
   * @throws JournalUnavailableError
   */
  commit(
    consumer: string,
    cursor: Cursor,
    changes?: { readonly outputs?: readonly EntryDraft[]; readonly state?: Uint8Array },
  ): Promise<readonly Appended[]>;

  /** Where a consumer stands; undefined if it never committed. @throws CursorOutOfLogError beyond the log's end */
  position(consumer: string): ConsumerPosition | undefined;

  /** Forgets a consumer, which then holds back nothing. */
  dropConsumer(consumer: string): Promise<void>;

  /** Removes entries from the front that every consumer is past and that the policy does not keep. @returns how many */
  trim(policy: TrimPolicy): Promise<number>;

  status(): JournalStatus;

  /** Ends every read, waits for the appends under way, and releases the files. */
  close(): Promise<void>;
}
