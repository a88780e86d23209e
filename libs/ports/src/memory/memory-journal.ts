import {
  cursorAfter,
  cursorSeq,
  CursorOutOfLogError,
  JOURNAL_START,
  JournalUnavailableError,
  KeyReusedError,
} from '../journal.ts';
import type {
  Appended,
  ConsumerPosition,
  Cursor,
  Journal,
  JournalChunk,
  JournalStatus,
  ReadOptions,
  TrimPolicy,
} from '../journal.ts';
import { ENTRY_VERSION } from '../journal-entry.ts';
import type { EntryDraft, JournalEntry } from '../journal-entry.ts';
import { AgeMarks } from '../age-marks.ts';
import { StampClock, type StampTimes } from '../stamp-clock.ts';
import { refuseBackup } from './refuse-backup.ts';

/** A day, as the port promises, and an hour to be sure. */
const KEY_TTL_MS = 25 * 3_600_000;

interface Place {
  readonly seq: number;
  readonly stamp: number;
}

interface KeyRecord extends Place {
  readonly fingerprint: string;
}

interface Stored {
  readonly entry: JournalEntry;
  readonly bytes: number;
}

/** What one call would add; nothing of it is kept before all of its drafts were found good. */
interface Plan {
  readonly results: Appended[];
  readonly entries: JournalEntry[];
  readonly keys: Map<string, KeyRecord>;
  readonly producers: Map<string, Map<number, Place>>;
}

/**
 * The journal in memory, with the port's whole behaviour but for durability; for tests. What it holds grows until
 * `trim`.
 */
export function createMemoryJournal(times: StampTimes = {}): Journal {
  return new MemoryJournal(new StampClock(times));
}

class MemoryJournal implements Journal {
  readonly #stamps: StampClock;
  readonly #ages: AgeMarks;
  #stored: Stored[] = [];
  #firstSeq = 1;
  #lastStamp = 0;
  #bytes = 0;
  #closed = false;
  readonly #keys = new Map<string, KeyRecord>();
  /** Producer → its sequence → where that went, in the order of both. */
  readonly #producers = new Map<string, Map<number, Place>>();
  readonly #consumers = new Map<string, ConsumerPosition>();
  readonly #waiting = new Set<() => void>();

  constructor(stamps: StampClock) {
    this.#stamps = stamps;
    this.#ages = new AgeMarks([], stamps.elapsed);
  }

  async append(drafts: readonly EntryDraft[]): Promise<readonly Appended[]> {
    this.#refuseClosed();
    return this.#store(this.#plan(drafts));
  }

  forgetKey(id: string): void {
    this.#keys.delete(id);
  }

  read(after: Cursor, options: ReadOptions = {}): AsyncIterable<JournalChunk> {
    const until = options.follow === false ? this.#lastSeq : Infinity;
    return this.#chunks(cursorSeq(after), until, options);
  }

  end(): Cursor {
    return cursorAfter({ partition: 0, seq: this.#lastSeq });
  }

  start(): Cursor {
    return this.#firstSeq === 1 ? JOURNAL_START : cursorAfter({ partition: 0, seq: this.#firstSeq - 1 });
  }

  async commit(
    consumer: string,
    cursor: Cursor,
    changes: { readonly outputs?: readonly EntryDraft[]; readonly state?: Uint8Array } = {},
  ): Promise<readonly Appended[]> {
    this.#refuseClosed();
    this.#refuseBeyondEnd(cursorSeq(cursor));
    const plan = this.#plan(changes.outputs ?? []);
    const state = (changes.state && new Uint8Array(changes.state)) ?? this.#consumers.get(consumer)?.state;
    this.#consumers.set(consumer, state === undefined ? { cursor } : { cursor, state });
    return this.#store(plan);
  }

  position(consumer: string): ConsumerPosition | undefined {
    return this.#consumers.get(consumer);
  }

  async dropConsumer(consumer: string): Promise<void> {
    this.#refuseClosed();
    this.#consumers.delete(consumer);
  }

  async trim(policy: TrimPolicy): Promise<number> {
    this.#refuseClosed();
    const heldFrom = Math.min(...[...this.#consumers.values()].map((position) => cursorSeq(position.cursor)), Infinity);
    const lastOld = this.#ages.lastOlderThan(policy.maxAgeMs);
    let count = 0;
    // The last entry always stays: it holds the log's place and its clock.
    while (count < this.#stored.length - 1) {
      const { entry, bytes } = this.#stored[count]!;
      if (entry.seq > heldFrom || (entry.seq > lastOld && this.#bytes <= policy.maxBytes)) break;
      this.#bytes -= bytes;
      count++;
    }
    this.#stored = this.#stored.slice(count);
    this.#firstSeq += count;
    this.#forgetTrimmedProducers();
    return count;
  }

  status(): JournalStatus {
    return {
      writable: !this.#closed,
      ...(this.#closed ? { failure: 'The journal is closed.' } : {}),
      firstSeq: this.#firstSeq,
      lastSeq: this.#lastSeq,
      lastStamp: this.#lastStamp,
      bytes: this.#bytes,
      consumers: [...this.#consumers].map(([name, { cursor }]) => ({ name, seq: cursorSeq(cursor) })),
    };
  }

  backup(): Promise<never> {
    return refuseBackup('journal');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
  }

  get #lastSeq(): number {
    return this.#firstSeq + this.#stored.length - 1;
  }

  #plan(drafts: readonly EntryDraft[]): Plan {
    const plan: Plan = { results: [], entries: [], keys: new Map(), producers: new Map() };
    const stamp = this.#stamps.next(this.#lastStamp);
    for (const draft of drafts) {
      const first = this.#firstOf(draft, plan);
      plan.results.push(
        first ? { seq: first.seq, stamp: first.stamp, duplicate: true } : this.#admit(draft, stamp, plan),
      );
    }
    return plan;
  }

  /** Where a draft was stored before, if it was. */
  #firstOf({ key, producer }: EntryDraft, plan: Plan): Place | undefined {
    const known = key && (plan.keys.get(key.id) ?? this.#keys.get(key.id));
    if (key && known) {
      if (known.fingerprint !== key.fingerprint) {
        throw new KeyReusedError(`The idempotency key "${key.id}" was used for other content before; use a new one.`);
      }
      return known;
    }
    if (!producer) return undefined;
    return (
      placeFrom(this.#producers.get(producer.id), producer.seq) ??
      placeFrom(plan.producers.get(producer.id), producer.seq)
    );
  }

  #admit(draft: EntryDraft, stamp: number, plan: Plan): Appended {
    const place = { seq: this.#lastSeq + plan.entries.length + 1, stamp };
    plan.entries.push({ ...draft, version: ENTRY_VERSION, partition: 0, ...place });
    if (draft.key) plan.keys.set(draft.key.id, { ...place, fingerprint: draft.key.fingerprint });
    if (draft.producer) placesOf(plan.producers, draft.producer.id).set(draft.producer.seq, place);
    return { ...place, duplicate: false };
  }

  #store(plan: Plan): Appended[] {
    for (const entry of plan.entries) {
      const bytes = payloadBytes(entry);
      this.#stored.push({ entry, bytes });
      this.#bytes += bytes;
      this.#lastStamp = entry.stamp;
    }
    for (const [id, record] of plan.keys) this.#keys.set(id, record);
    for (const [id, places] of plan.producers) {
      for (const [seq, place] of places) placesOf(this.#producers, id).set(seq, place);
    }
    if (plan.keys.size > 0) this.#expireKeys();
    const mark = this.#ages.due(this.#lastSeq);
    if (mark) this.#ages.add(mark);
    if (plan.entries.length > 0) this.#wake();
    return plan.results;
  }

  #expireKeys(): void {
    const lastOld = this.#ages.lastOlderThan(KEY_TTL_MS);
    for (const [id, { seq }] of this.#keys) {
      if (seq > lastOld) return;
      this.#keys.delete(id);
    }
  }

  /** Of every producer the last sequence stays known, though its entry is trimmed. */
  #forgetTrimmedProducers(): void {
    for (const places of this.#producers.values()) {
      for (const [seq, place] of places) {
        if (place.seq >= this.#firstSeq || places.size === 1) break;
        places.delete(seq);
      }
    }
  }

  async *#chunks(
    from: number,
    until: number,
    { signal, maxEntries = 1000 }: ReadOptions,
  ): AsyncGenerator<JournalChunk> {
    let seq = from;
    while (!this.#closed && !signal?.aborted) {
      this.#refuseOutOfLog(seq);
      const entries = this.#stored
        .slice(seq + 1 - this.#firstSeq, Math.min(seq + maxEntries, until) + 1 - this.#firstSeq)
        .map((stored) => stored.entry);
      if (entries.length > 0) {
        seq += entries.length;
        yield { entries, cursor: cursorAfter(entries.at(-1)!) };
      } else if (seq >= until) return;
      else await this.#moreOr(signal);
    }
  }

  #moreOr(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new JournalUnavailableError('The journal is closed.');
  }

  #refuseBeyondEnd(seq: number): void {
    if (seq > this.#lastSeq) {
      throw new CursorOutOfLogError(`The cursor stands at entry ${seq}, but the log ends at entry ${this.#lastSeq}.`);
    }
  }

  #refuseOutOfLog(seq: number): void {
    this.#refuseBeyondEnd(seq);
    if (seq < this.#firstSeq - 1) {
      throw new CursorOutOfLogError(`The entries after ${seq} are trimmed; the log begins at entry ${this.#firstSeq}.`);
    }
  }
}

function placesOf(producers: Map<string, Map<number, Place>>, id: string): Map<number, Place> {
  const known = producers.get(id);
  if (known) return known;
  const places = new Map<number, Place>();
  producers.set(id, places);
  return places;
}

/** Of a producer the first kept place at or above its sequence; none if the sequence is above its last. */
function placeFrom(places: Map<number, Place> | undefined, producerSeq: number): Place | undefined {
  const exact = places?.get(producerSeq);
  if (exact || !places) return exact;
  for (const [seq, place] of places) if (seq >= producerSeq) return place;
  return undefined;
}

function payloadBytes(entry: JournalEntry): number {
  if (entry.kind !== 'readings') return JSON.stringify(entry.payload).length;
  const { seriesIndex, eventTime, value, flags } = entry.payload;
  return seriesIndex.byteLength + eventTime.byteLength + value.byteLength + flags.byteLength;
}
