import { setImmediate } from 'node:timers/promises';
import type { GroupPlan } from './group-plan.ts';
import { pagesOf, pagesOfEntries } from './pages-of-entries.ts';
import { decodeKeyRow, encodeDouble, encodeDoubles, encodeKeyRow, nameKey, producerKey } from './rows.ts';
import type { Tables } from './tables.ts';

/** Pages of every table from its root to its leaves, and of the list of free pages, generously. */
const PAGES_OF_A_COMMIT = 128;

/** Bytes by which the file may grow when the plan is written, or taken back: an upper bound that need not be close. */
export function growthOf(plan: GroupPlan, pageSize: number): number {
  let pages = PAGES_OF_A_COMMIT + pagesOfEntries(plan, pageSize);
  for (const [name, position] of plan.consumers) {
    const before = plan.state.consumers.get(name)?.state;
    pages += 1 + pagesOf(position?.state?.length ?? 0, pageSize) + pagesOf(before?.length ?? 0, pageSize);
  }
  for (const places of plan.producers.values()) pages += places.length;
  // The rows of keys stand wherever their names put them, and as many old ones may go as new ones come.
  pages +=
    12 * plan.keys.size +
    plan.trimmedProducers.length +
    (plan.firstSeq - plan.state.firstSeq) +
    plan.droppedMarks.length;
  return pages * pageSize;
}

/**
 * Writes a plan in one transaction. Resolves when it is on disk.
 * @param keyTtlMs how long an idempotency key stays known while the log is open
 * @throws the engine's error; then the plan may be on disk all the same, see `undoGroup`
 */
export async function writeGroup(tables: Tables, plan: GroupPlan, keyTtlMs: number): Promise<void> {
  const expired = expiredKeys(tables, plan, keyTtlMs);
  await tables.root.batch(() => {
    for (const { seq, key } of expired) {
      void tables.keyAges.remove(seq);
      if (key) void tables.keys.remove(key);
    }
    writeEntries(tables, plan);
    writeKeys(tables, plan);
    writeAges(tables, plan);
    writeProducers(tables, plan);
    for (const [name, position] of plan.consumers) {
      const known = plan.state.consumers.get(name)?.state;
      writeCursor(tables, name, position?.cursor);
      // A state's row may be long: it is written only when a new one was given.
      if (position?.state !== known) writeState(tables, name, position?.state);
    }
    writeTrim(tables, plan);
  });
}

/**
 * Takes back, in one transaction, whatever of a plan whose write failed did reach the disk; its state is untouched
 * since. Forgotten and expired keys stay forgotten, trimmed entries trimmed.
 */
export async function undoGroup(tables: Tables, plan: GroupPlan): Promise<void> {
  await tables.root.batch(() => {
    for (const { entry } of plan.entries) {
      void tables.entries.remove(entry.seq);
      void tables.places.remove(entry.seq);
      void tables.keyAges.remove(entry.seq);
    }
    if (plan.ageMark) void tables.ages.remove(plan.ageMark.seq);
    for (const [id, row] of plan.keys) if (row) void tables.keys.remove(nameKey(id));
    for (const [name, places] of plan.producers) {
      for (const { producerSeq } of places) void tables.producers.remove(producerKey(name, producerSeq));
    }
    for (const name of plan.consumers.keys()) {
      const position = plan.state.consumers.get(name);
      writeCursor(tables, name, position?.cursor);
      writeState(tables, name, position?.state);
    }
  });
}

function writeEntries(tables: Tables, plan: GroupPlan): void {
  let start = plan.state.endByte;
  for (const { entry, bytes } of plan.entries) {
    void tables.entries.put(entry.seq, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    void tables.places.put(entry.seq, encodeDoubles(entry.stamp, start));
    start += bytes.length;
  }
}

function writeKeys(tables: Tables, plan: GroupPlan): void {
  for (const seq of plan.staleAges) void tables.keyAges.remove(seq);
  for (const [id, row] of plan.keys) {
    const key = nameKey(id);
    if (row) {
      void tables.keys.put(key, encodeKeyRow(row));
      void tables.keyAges.put(row.seq, key);
    } else void tables.keys.remove(key);
  }
}

function writeAges(tables: Tables, { ageMark, droppedMarks }: GroupPlan): void {
  for (const { seq } of droppedMarks) void tables.ages.remove(seq);
  if (ageMark) void tables.ages.put(ageMark.seq, encodeDouble(ageMark.age));
}

function writeProducers(tables: Tables, plan: GroupPlan): void {
  for (const key of plan.trimmedProducers) void tables.producers.remove(key);
  for (const [name, places] of plan.producers) {
    for (const { producerSeq, seq, stamp } of places) {
      void tables.producers.put(producerKey(name, producerSeq), encodeDoubles(seq, stamp));
    }
  }
}

function writeCursor(tables: Tables, consumer: string, cursor: string | undefined): void {
  if (cursor === undefined) void tables.cursors.remove(consumer);
  else void tables.cursors.put(consumer, Buffer.from(cursor));
}

function writeState(tables: Tables, consumer: string, state: Uint8Array | undefined): void {
  if (state === undefined) void tables.states.remove(consumer);
  else void tables.states.put(consumer, Buffer.from(state.buffer, state.byteOffset, state.length));
}

function writeTrim(tables: Tables, plan: GroupPlan): void {
  for (let seq = plan.state.firstSeq; seq < plan.firstSeq; seq++) {
    void tables.entries.remove(seq);
    void tables.places.remove(seq);
  }
}

interface ExpiredKey {
  readonly seq: number;
  /** Absent: the key's row is gone or has a younger place already. */
  readonly key?: Buffer;
}

/**
 * Some of the oldest keys, more than the group adds, so that the tables don't grow without end; once a minute also where
 * it adds none, since a key holds all marks of age behind it.
 */
function expiredKeys(tables: Tables, plan: GroupPlan, keyTtlMs: number): ExpiredKey[] {
  const expired: ExpiredKey[] = [];
  if (plan.keys.size === 0 && plan.ageMark === undefined) return expired;
  const lastOld = plan.state.ages.lastOlderThan(keyTtlMs);
  for (const { key: seq, value: key } of tables.keyAges.getRange({ limit: 2 * plan.keys.size + 16 })) {
    const bytes = tables.keys.get(key);
    const row = bytes && decodeKeyRow(bytes);
    if (row?.seq !== seq) expired.push({ seq });
    else if (seq <= lastOld) expired.push({ seq, key });
    else break;
  }
  return expired;
}

/** The engine says "commit failed" and, in a promise beside it, why. */
export async function causeOf(error: Error & { readonly commitError?: Promise<never> }): Promise<Error> {
  if (!error.commitError) return error;
  return Promise.race([error.commitError.catch((cause: Error) => cause), setImmediate(error)]);
}
