import { decodeEntry } from '@seawall/journal-format';
import { AgeMarks, type ConsumerPosition, type Cursor, type JournalEntry } from '@seawall/ports';
import { decodePlace, decodePlaceRow, producerKey, producerKeyParts, type Place, type PlaceRow } from './rows.ts';
import { entryCount, firstKey, lastKey, type Tables } from './tables.ts';

export interface ProducerPlace extends Place {
  readonly producerSeq: number;
}

/** What is on disk for certain, as far as the next group must know it; moved only when a group has been stored. */
export interface LogState {
  firstSeq: number;
  lastSeq: number;
  lastStamp: number;
  /** Encoded bytes of all entries since the log began, trimmed ones too. */
  endByte: number;
  /** Their states as rows, see `StateFiles`. */
  readonly consumers: Map<string, ConsumerPosition>;
  readonly ages: AgeMarks;
  /** Of each producer its last, by `producerName`. */
  readonly producers: Map<string, ProducerPlace>;
}

/**
 * Reads the state from disk and looks whether the log is whole at its ends.
 * @param elapsed ms of a clock that nobody sets, by which the log grows older
 * @throws UnknownEntryVersionError, DamagedEntryError, or an Error that says what is missing
 */
export function loadState(tables: Tables, elapsed: () => number = () => 0): LogState {
  const consumers = loadConsumers(tables);
  const ages = loadAges(tables, elapsed);
  const firstSeq = firstKey(tables.entries);
  const lastSeq = lastKey(tables.entries);
  if (firstSeq === undefined || lastSeq === undefined) {
    return { firstSeq: 1, lastSeq: 0, lastStamp: 0, endByte: 0, consumers, ages, producers: new Map() };
  }
  readEntry(tables, firstSeq);
  const last = readEntry(tables, lastSeq);
  const expected = lastSeq - firstSeq + 1;
  for (const table of [tables.entries, tables.places]) {
    const count = entryCount(table);
    if (count !== expected)
      throw new Error(`the log from entry ${firstSeq} to ${lastSeq} has ${count} rows instead of ${expected}`);
  }
  const endByte = readPlace(tables, lastSeq).start + last.size;
  const { stamp: lastStamp } = last.entry;
  return { firstSeq, lastSeq, lastStamp, endByte, consumers, ages, producers: loadProducers(tables) };
}

/** @throws UnknownEntryVersionError, DamagedEntryError, or an Error if there is no such entry */
export function readEntry(tables: Tables, seq: number): { readonly entry: JournalEntry; readonly size: number } {
  const bytes = present(tables, tables.entries, seq);
  return { entry: decodeEntry(bytes), size: bytes.length };
}

/** @throws Error if there is no such entry */
export function readPlace(tables: Tables, seq: number): PlaceRow {
  return decodePlaceRow(present(tables, tables.places, seq));
}

/** Encoded bytes of the entries that are still kept. */
export function keptBytes(state: LogState, tables: Tables): number {
  return state.lastSeq < state.firstSeq ? 0 : state.endByte - readPlace(tables, state.firstSeq).start;
}

function present(tables: Tables, table: Tables['entries'], seq: number): Buffer {
  let bytes = table.get(seq);
  if (bytes === undefined) {
    // The snapshot of this turn of the event loop may be older than the commit that was just told of.
    tables.root.resetReadTxn();
    bytes = table.get(seq);
  }
  if (bytes === undefined) throw new Error(`entry ${seq} is missing in the middle of the log`);
  return bytes;
}

function loadConsumers(tables: Tables): Map<string, ConsumerPosition> {
  const consumers = new Map<string, ConsumerPosition>();
  for (const { key, value } of tables.cursors.getRange()) {
    const cursor = value.toString() as Cursor;
    const state = tables.states.get(key);
    consumers.set(key, state === undefined ? { cursor } : { cursor, state });
  }
  return consumers;
}

function loadAges(tables: Tables, elapsed: () => number): AgeMarks {
  const marks = [...tables.ages.getRange()].map(({ key, value }) => ({ seq: key, age: value.readDoubleLE(0) }));
  return new AgeMarks(marks, elapsed);
}

/** Jumps from the last row of one producer to the first of the next. */
function loadProducers({ producers: table }: Tables): Map<string, ProducerPlace> {
  const producers = new Map<string, ProducerPlace>();
  let start: Buffer | undefined;
  for (;;) {
    const [first] = table.getKeys({ ...(start && { start }), limit: 1 });
    if (first === undefined) return producers;
    const { name } = producerKeyParts(first);
    start = producerKey(name, Infinity);
    for (const { key, value } of table.getRange({ start, reverse: true, limit: 1 })) {
      producers.set(name, { producerSeq: producerKeyParts(key).producerSeq, ...decodePlace(value) });
    }
  }
}
