import type { Cursor, Journal, JournalChunk, ReadOptions } from '../journal.ts';
import type { EntryDraft, JournalEntry } from '../journal-entry.ts';

/** What the parts of the contract work on; there is a new, empty journal before each test. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** The journal's clock, epoch ms. */
  now: number;
  /** What its clock shows that nobody sets, ms. */
  elapsed: number;
  /** The same journal, after a restart where it is durable. */
  restarted(): Promise<Journal>;
}

export const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };

/** A draft that can be told from others: its device is called `name`. */
export function device(name: string, extra: Partial<Pick<EntryDraft, 'producer' | 'key'>> = {}): EntryDraft {
  return { kind: 'device', origin: 'live', payload: { device: name, receivedAt: 1 }, ...extra };
}

/** A draft whose payload has 20 bytes a reading and more. */
export function readings(count: number): EntryDraft {
  return {
    kind: 'readings',
    origin: 'live',
    payload: {
      series: [{ domain: 'traffic', device: 'loop-1', metric: 'speed' }],
      labels: [{ district: '香洲区', type: 'loop' }],
      seriesIndex: new Uint32Array(count),
      eventTime: Float64Array.from({ length: count }, (_, i) => 1_790_000_000_000 + i / 1000),
      value: Float64Array.from({ length: count }, (_, i) => i / 3),
      flags: new Uint8Array(count),
    },
  };
}

export function nameOf(entry: JournalEntry): string {
  return entry.kind === 'device' ? entry.payload.device : entry.kind;
}

export async function entriesOf(
  journal: Journal,
  after: Cursor = journal.start(),
  options?: ReadOptions,
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const chunk of journal.read(after, { follow: false, ...options })) entries.push(...chunk.entries);
  return entries;
}

export async function namesOf(journal: Journal): Promise<string[]> {
  return (await entriesOf(journal)).map(nameOf);
}

/** Reads until a number of entries has come. */
export async function takeEntries(
  reader: AsyncIterator<JournalChunk, unknown>,
  count: number,
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  while (entries.length < count) {
    const next = await reader.next();
    if (next.done === true) break;
    entries.push(...next.value.entries);
  }
  return entries;
}
