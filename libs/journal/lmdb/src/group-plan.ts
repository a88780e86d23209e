import { encodeEntry } from '@seawall/journal-format';
import {
  cursorSeq,
  ENTRY_VERSION,
  KeyReusedError,
  type AgeMark,
  type Appended,
  type ConsumerPosition,
  type EntryDraft,
  type JournalEntry,
  type TrimPolicy,
} from '@seawall/ports';
import { emptyCall, pushPlace, type CallPlan, type EncodedEntry } from './call-plan.ts';
import { readPlace, type LogState, type ProducerPlace } from './log-state.ts';
import { placeFrom } from './place-from.ts';
import {
  decodeKeyRow,
  decodePlace,
  nameKey,
  producerKey,
  producerKeyParts,
  producerName,
  type KeyRow,
  type Place,
} from './rows.ts';
import { firstKey, type Tables } from './tables.ts';

/** Entries that one transaction removes at most, so that no append waits long behind it. */
export const TRIM_STEP = 500;

/**
 * What a group of calls will change, decided in the order of the calls from what is on disk and from the calls before.
 * Nothing is written here; see `writeGroup`.
 */
export class GroupPlan {
  readonly state: LogState;
  readonly #tables: Tables;
  readonly entries: EncodedEntry[] = [];
  /** null: forgotten. */
  readonly keys = new Map<string, KeyRow | null>();
  /** Sequences whose row in `keyAges` has lost its key. */
  readonly staleAges: number[] = [];
  readonly producers = new Map<string, ProducerPlace[]>();
  readonly trimmedProducers: Buffer[] = [];
  ageMark: AgeMark | undefined;
  droppedMarks: readonly AgeMark[] = [];
  /** null: dropped. */
  readonly consumers = new Map<string, ConsumerPosition | null>();
  firstSeq: number;
  lastStamp: number;
  endByte: number;

  constructor(state: LogState, tables: Tables) {
    this.state = state;
    this.#tables = tables;
    this.firstSeq = state.firstSeq;
    this.lastStamp = state.lastStamp;
    this.endByte = state.endByte;
  }

  get changesNothing(): boolean {
    const { entries, keys, consumers } = this;
    return entries.length + keys.size + consumers.size === 0 && this.firstSeq === this.state.firstSeq;
  }

  get lastSeq(): number {
    return this.state.lastSeq + this.entries.length;
  }

  /** @param stamp epoch ms, not less than the last @throws KeyReusedError, RangeError: then nothing of the call is planned */
  append(drafts: readonly EntryDraft[], stamp: number): readonly Appended[] {
    const call = emptyCall();
    for (const draft of drafts) {
      const first = this.#firstOf(draft, call);
      call.results.push(
        first ? { seq: first.seq, stamp: first.stamp, duplicate: true } : this.#admit(draft, stamp, call),
      );
    }
    this.#join(call);
    return call.results;
  }

  /** As `append`, and moves a consumer. */
  commit(
    consumer: string,
    position: ConsumerPosition,
    outputs: readonly EntryDraft[],
    stamp: number,
  ): readonly Appended[] {
    const results = this.append(outputs, stamp);
    const state = position.state ?? this.consumerAt(consumer)?.state;
    this.consumers.set(consumer, state === undefined ? position : { ...position, state });
    return results;
  }

  drop(consumer: string): void {
    if (this.consumerAt(consumer)) this.consumers.set(consumer, null);
  }

  forget(id: string): void {
    const row = this.#keyRow(id);
    if (!row) return;
    this.keys.set(id, null);
    this.staleAges.push(row.seq);
  }

  /** Removes `TRIM_STEP` entries at most. The log's last always stays: it holds its place and its clock. @returns how many */
  trim({ maxAgeMs, maxBytes }: TrimPolicy): number {
    const { lastSeq, endByte, ages } = this.state;
    const lastOld = ages.lastOlderThan(maxAgeMs);
    const limit = Math.min(lastSeq, this.firstSeq + TRIM_STEP, this.#heldFrom() + 1);
    let next = this.firstSeq;
    while (next < limit) {
      if (next > lastOld && endByte - readPlace(this.#tables, next).start <= maxBytes) break;
      next++;
    }
    const count = next - this.firstSeq;
    if (count > 0) this.#trimProducers(next);
    this.firstSeq = next;
    // Keys outlive their entries.
    this.droppedMarks = ages.before(Math.min(next, firstKey(this.#tables.keyAges) ?? Infinity));
    return count;
  }

  /** Once all is planned: notes how old the log is, where that is due. */
  markAge(): void {
    this.ageMark = this.state.ages.due(this.lastSeq);
  }

  consumerAt(name: string): ConsumerPosition | undefined {
    const planned = this.consumers.get(name);
    return planned === undefined ? this.state.consumers.get(name) : (planned ?? undefined);
  }

  /** The last entry that every consumer is past; infinite without consumers. */
  #heldFrom(): number {
    const names = new Set([...this.state.consumers.keys(), ...this.consumers.keys()]);
    const positions = [...names].map((name) => this.consumerAt(name)).filter((position) => position !== undefined);
    return Math.min(...positions.map((position) => cursorSeq(position.cursor)), Infinity);
  }

  #trimProducers(firstSeq: number): void {
    for (const [name, { producerSeq }] of this.state.producers) {
      const range = { start: producerKey(name, 0), end: producerKey(name, producerSeq) };
      for (const { key, value } of this.#tables.producers.getRange(range)) {
        if (decodePlace(value).seq >= firstSeq) break;
        this.trimmedProducers.push(key);
      }
    }
  }

  /** Where a draft was stored before, if it was. */
  #firstOf({ key, producer }: EntryDraft, call: CallPlan): Place | undefined {
    const known = key && (call.keys.get(key.id) ?? this.#keyRow(key.id));
    if (!key || !known) return producer && this.#producerPlace(producer, call);
    if (known.fingerprint === key.fingerprint) return known;
    throw new KeyReusedError(`The idempotency key "${key.id}" was used for other content before; use a new one.`);
  }

  #keyRow(id: string): KeyRow | undefined {
    const planned = this.keys.get(id);
    if (planned !== undefined) return planned ?? undefined;
    const bytes = this.#tables.keys.get(nameKey(id));
    return bytes && decodeKeyRow(bytes);
  }

  /** The first kept place at or above a producer's sequence; none if the sequence is above its last. */
  #producerPlace({ id, seq }: { readonly id: string; readonly seq: number }, call: CallPlan): Place | undefined {
    if (!Number.isSafeInteger(seq) || seq < 0)
      throw new RangeError(`The sequence ${seq} of producer "${id}" is no whole number from 0.`);
    const name = producerName(id);
    const last = this.state.producers.get(name);
    if (last && seq <= last.producerSeq) return this.#storedProducerPlace(name, seq) ?? last;
    return placeFrom(this.producers.get(name), seq) ?? placeFrom(call.producers.get(name), seq);
  }

  #storedProducerPlace(name: string, seq: number): Place | undefined {
    for (const { key, value } of this.#tables.producers.getRange({ start: producerKey(name, seq), limit: 1 })) {
      if (producerKeyParts(key).name === name) return decodePlace(value);
    }
    return undefined;
  }

  #admit(draft: EntryDraft, stamp: number, call: CallPlan): Appended {
    const place = { seq: this.lastSeq + call.entries.length + 1, stamp };
    const entry: JournalEntry = { ...draft, version: ENTRY_VERSION, partition: 0, ...place };
    call.entries.push({ entry, bytes: encodeEntry(entry) });
    const { key, producer } = draft;
    if (key) call.keys.set(key.id, { ...place, fingerprint: key.fingerprint });
    if (producer) pushPlace(call.producers, producerName(producer.id), { producerSeq: producer.seq, ...place });
    return { ...place, duplicate: false };
  }

  #join(call: CallPlan): void {
    for (const encoded of call.entries) {
      this.entries.push(encoded);
      this.lastStamp = encoded.entry.stamp;
      this.endByte += encoded.bytes.length;
    }
    for (const [id, row] of call.keys) this.keys.set(id, row);
    for (const [name, places] of call.producers) for (const place of places) pushPlace(this.producers, name, place);
  }

  /** Makes the plan the state, once it is on disk. */
  applyToState(): void {
    const { state } = this;
    state.lastSeq = this.lastSeq;
    state.lastStamp = this.lastStamp;
    state.endByte = this.endByte;
    state.ages.drop(this.droppedMarks);
    if (this.ageMark) state.ages.add(this.ageMark);
    for (const [name, places] of this.producers) state.producers.set(name, places.at(-1)!);
    for (const [name, position] of this.consumers) {
      if (position) state.consumers.set(name, position);
      else state.consumers.delete(name);
    }
  }
}
