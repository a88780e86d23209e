import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cursorAfter, CursorOutOfLogError, JournalUnavailableError, KeyReusedError } from '../journal.ts';
import type { Cursor, Journal, JournalChunk, ReadOptions } from '../journal.ts';
import type { EntryDraft, JournalEntry } from '../journal-entry.ts';

export interface OpenJournal {
  readonly journal: Journal;
  /** Closes the journal and opens it again over the same data; absent where nothing is kept. */
  readonly reopen?: () => Promise<Journal>;
  /** Closes the journal and removes what it kept. */
  readonly dispose: () => Promise<void>;
}

const DAY_MS = 86_400_000;
const NO_LIMIT = { maxAgeMs: Infinity, maxBytes: Infinity };
const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };

/** A draft that can be told from others: its device is called `name`. */
function device(name: string, extra: Partial<Pick<EntryDraft, 'producer' | 'key'>> = {}): EntryDraft {
  return { kind: 'device', origin: 'live', payload: { device: name, receivedAt: 1 }, ...extra };
}

/** A draft whose payload has 20 bytes a reading and more. */
function readings(count: number): EntryDraft {
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

function nameOf(entry: JournalEntry): string {
  return entry.kind === 'device' ? entry.payload.device : entry.kind;
}

async function entriesOf(
  journal: Journal,
  after: Cursor = journal.start(),
  options?: ReadOptions,
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const chunk of journal.read(after, { follow: false, ...options })) entries.push(...chunk.entries);
  return entries;
}

async function namesOf(journal: Journal): Promise<string[]> {
  return (await entriesOf(journal)).map(nameOf);
}

/** Reads until a number of entries has come. */
async function takeEntries(reader: AsyncIterator<JournalChunk>, count: number): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  while (entries.length < count) {
    const { value, done } = await reader.next();
    if (done) break;
    entries.push(...(value as JournalChunk).entries);
  }
  return entries;
}

/** What every Journal does. @param open a new, empty journal that takes its time from `now` */
export function journalContract(
  name: string,
  open: (options: { readonly now: () => number }) => Promise<OpenJournal>,
): void {
  describe(`${name} as a Journal`, () => {
    let now: number;
    let opened: OpenJournal;
    let journal: Journal;

    beforeEach(async () => {
      now = 1_790_000_000_000;
      opened = await open({ now: () => now });
      journal = opened.journal;
    });

    afterEach(async () => {
      await opened.dispose();
    });

    /** The same journal, after a restart where it is durable. */
    async function restarted(): Promise<Journal> {
      if (opened.reopen) journal = await opened.reopen();
      return journal;
    }

    describe('append', () => {
      it('keeps entries in the order of the calls, numbered without gaps from 1', async () => {
        const calls = [[device('a'), device('b')], [device('c')], [], [device('d')]].map((drafts) =>
          journal.append(drafts),
        );
        const results = await Promise.all(calls);
        expect(results.map((call) => call.map((one) => one.seq))).toEqual([[1, 2], [3], [], [4]]);
        expect(await namesOf(await restarted())).toEqual(['a', 'b', 'c', 'd']);
      });

      it('gives back what was appended, with its place and its stamp', async () => {
        const drafts: EntryDraft[] = [
          { ...readings(3), key: { id: 'k', fingerprint: 'f' } },
          { kind: 'hub-start', origin: 'replay', payload: { version: '1', timeZone: 'UTC' } },
          device('a', { producer: { id: 'p', seq: 7 } }),
        ];
        await journal.append(drafts);
        const expected = drafts.map((draft, i) => ({ ...draft, version: 1, partition: 0, seq: i + 1, stamp: now }));
        expect(await entriesOf(journal)).toEqual(expected);
        expect(await entriesOf(await restarted())).toEqual(expected);
      });

      it('resolves overlapping calls in the order they were made', async () => {
        const order: number[] = [];
        const calls = Array.from({ length: 20 }, (_, i) => journal.append([tick]).then(() => order.push(i)));
        await Promise.all(calls);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      });

      it('never lets stamps decrease, though the clock goes back', async () => {
        const stamps: number[] = [];
        for (const time of [1000, 500, 1500, 0]) {
          now = time;
          const [result] = await (await restarted()).append([tick]);
          stamps.push(result!.stamp);
        }
        expect(stamps).toEqual([1000, 1000, 1500, 1500]);
        expect((await entriesOf(journal)).map((entry) => entry.stamp)).toEqual(stamps);
        expect(journal.status().lastStamp).toBe(1500);
      });

      it('is refused after close', async () => {
        await journal.close();
        await expect(journal.append([tick])).rejects.toThrow(JournalUnavailableError);
      });
    });

    describe('a producer', () => {
      const output = (seq: number) => device(`output ${seq}`, { producer: { id: 'engine', seq } });

      it('that repeats its sequence stores nothing again and is told the first place', async () => {
        const first = await journal.append([output(1), output(2)]);
        now += 5000;
        const again = await (await restarted()).append([output(1), output(2), output(3)]);
        expect(again.slice(0, 2)).toEqual(first.map((one) => ({ ...one, duplicate: true })));
        expect(again[2]).toEqual({ seq: 3, stamp: now, duplicate: false });
        expect(await namesOf(journal)).toEqual(['output 1', 'output 2', 'output 3']);
      });

      it('is held to its sequence within a call and between overlapping ones', async () => {
        const calls = await Promise.all([
          journal.append([output(1), output(1)]),
          journal.append([output(1), output(2)]),
        ]);
        expect(calls.flat().map((one) => [one.seq, one.duplicate])).toEqual([
          [1, false],
          [1, true],
          [1, true],
          [2, false],
        ]);
      });

      it('stores nothing below its last sequence, also where it had left one out', async () => {
        await journal.append([output(3), output(7)]);
        const [skipped] = await (await restarted()).append([output(5)]);
        expect(skipped).toMatchObject({ seq: 2, duplicate: true });
      });

      it('is known apart from another, and after its entries are trimmed', async () => {
        await journal.append([output(1), device('x', { producer: { id: 'engine2', seq: 1 } }), output(2), tick]);
        await journal.trim({ maxAgeMs: Infinity, maxBytes: 0 });
        expect(await namesOf(await restarted())).toEqual(['tick']);
        const results = await journal.append([
          output(2),
          output(1),
          device('x', { producer: { id: 'engine2', seq: 1 } }),
        ]);
        expect(results.map((one) => [one.seq, one.duplicate])).toEqual([
          [3, true],
          [3, true],
          [2, true],
        ]);
      });
    });

    describe('an idempotency key', () => {
      const keyed = (id: string, fingerprint = 'f') => device(`${id} ${fingerprint}`, { key: { id, fingerprint } });

      it('stores once, and tells the first place afterwards', async () => {
        const [first] = await journal.append([keyed('k')]);
        now += DAY_MS;
        const [again] = await (await restarted()).append([keyed('k')]);
        expect(again).toEqual({ ...first, duplicate: true });
        expect(await namesOf(journal)).toEqual(['k f']);
      });

      it('stores once within a call and over overlapping calls', async () => {
        const calls = await Promise.all([
          journal.append([keyed('k'), keyed('k')]),
          journal.append([keyed('k'), keyed('l')]),
        ]);
        expect(calls.flat().map((one) => [one.seq, one.duplicate])).toEqual([
          [1, false],
          [1, true],
          [1, true],
          [2, false],
        ]);
      });

      it('is refused under another fingerprint, with everything of that call', async () => {
        await journal.append([keyed('k')]);
        await restarted();
        const calls = await Promise.allSettled([
          journal.append([device('before'), keyed('k', 'other'), device('after')]),
          journal.append([device('innocent')]),
          journal.append([keyed('new'), keyed('new', 'other')]),
        ]);
        expect(calls.map((call) => call.status)).toEqual(['rejected', 'fulfilled', 'rejected']);
        expect((calls[0] as PromiseRejectedResult).reason).toBeInstanceOf(KeyReusedError);
        expect(await namesOf(journal)).toEqual(['k f', 'innocent']);
        expect(await journal.append([keyed('new', 'third')])).toMatchObject([{ seq: 3, duplicate: false }]);
      });

      it('may be used for something new once it is forgotten, and then is known again', async () => {
        await journal.append([keyed('k'), keyed('stays')]);
        journal.forgetKey('k');
        journal.forgetKey('never known');
        expect(await journal.append([keyed('k', 'new')])).toMatchObject([{ seq: 3, duplicate: false }]);
        expect(await (await restarted()).append([keyed('k', 'new'), keyed('stays')])).toMatchObject([
          { seq: 3, duplicate: true },
          { seq: 2, duplicate: true },
        ]);
      });

      it('is forgotten between overlapping calls where forgetKey was called', async () => {
        const before = journal.append([keyed('k')]);
        journal.forgetKey('k');
        const after = journal.append([keyed('k', 'new')]);
        expect([...(await before), ...(await after)].map((one) => one.duplicate)).toEqual([false, false]);
        await expect(journal.append([keyed('k')])).rejects.toThrow(KeyReusedError);
      });

      it('may be any text', async () => {
        const ids = ['', '\u0000', 'x'.repeat(5000), `${'x'.repeat(5000)}y`, '香洲区', 'k'];
        await journal.append(ids.map((id) => keyed(id)));
        const again = await (await restarted()).append(ids.map((id) => keyed(id)));
        expect(again.map((one) => [one.seq, one.duplicate])).toEqual(ids.map((_, i) => [i + 1, true]));
      });
    });

    describe('read', () => {
      it('begins after its cursor and ends with what there was when it was asked not to follow', async () => {
        await journal.append([device('a'), device('b'), device('c')]);
        const reader = journal.read(cursorAfter({ partition: 0, seq: 1 }), { follow: false });
        await journal.append([device('too late')]);
        const names: string[] = [];
        for await (const chunk of reader) names.push(...chunk.entries.map(nameOf));
        expect(names).toEqual(['b', 'c']);
      });

      it('gives chunks of no more than maxEntries, each with the cursor after it', async () => {
        await journal.append(Array.from({ length: 7 }, () => tick));
        const chunks: JournalChunk[] = [];
        for await (const chunk of (await restarted()).read(journal.start(), { follow: false, maxEntries: 3 }))
          chunks.push(chunk);
        expect(chunks.map((chunk) => chunk.entries.length)).toEqual([3, 3, 1]);
        expect(chunks.map((chunk) => chunk.cursor)).toEqual([3, 6, 7].map((seq) => cursorAfter({ partition: 0, seq })));
        expect(chunks[2]!.cursor).toBe(journal.end());
      });

      it('wakes up for what is appended while it waits, and misses nothing', async () => {
        const reader = journal.read(journal.start())[Symbol.asyncIterator]();
        const entries = takeEntries(reader, 30);
        for (let i = 0; i < 30; i++) await journal.append([device(String(i))]);
        expect((await entries).map(nameOf)).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
        await reader.return?.();
      });

      it('shows an entry only when its append has resolved, or is about to in this very turn', async () => {
        let resolved = false;
        const reader = journal.read(journal.start())[Symbol.asyncIterator]();
        const first = takeEntries(reader, 1);
        const append = journal.append([tick]).then(() => (resolved = true));
        await first;
        await setImmediate();
        expect(resolved).toBe(true);
        await append;
        await reader.return?.();
      });

      it('ends without an error when its signal aborts, waiting or not', async () => {
        const abort = new AbortController();
        const reader = journal.read(journal.start(), { signal: abort.signal })[Symbol.asyncIterator]();
        const waiting = reader.next();
        await setImmediate();
        abort.abort();
        expect((await waiting).done).toBe(true);
        await journal.append([tick]);
        expect(await entriesOf(journal, journal.start(), { signal: AbortSignal.abort() })).toEqual([]);
      });

      it('ends when the journal closes', async () => {
        const waiting = journal.read(journal.start())[Symbol.asyncIterator]().next();
        await setImmediate();
        await journal.close();
        expect((await waiting).done).toBe(true);
      });

      it('by a slow reader loses nothing and holds nothing back', async () => {
        const slow = journal.read(journal.start(), { maxEntries: 2 })[Symbol.asyncIterator]();
        await journal.append([device('0')]);
        expect(await takeEntries(slow, 1)).toHaveLength(1);
        for (let i = 1; i < 200; i++) await journal.append([device(String(i))]);
        const names = (await takeEntries(slow, 199)).map(nameOf);
        expect(names).toEqual(Array.from({ length: 199 }, (_, i) => String(i + 1)));
        await slow.return?.();
      });

      it('is refused beyond the end of the log', async () => {
        await journal.append([tick]);
        await expect(entriesOf(journal, cursorAfter({ partition: 0, seq: 2 }))).rejects.toThrow(CursorOutOfLogError);
        expect(await entriesOf(journal, journal.end())).toEqual([]);
      });

      it('is refused where entries after its cursor are trimmed, also in the middle of reading', async () => {
        await journal.append([device('a'), device('b'), device('c')]);
        const reader = journal.read(journal.start(), { maxEntries: 1 })[Symbol.asyncIterator]();
        await reader.next();
        const before = journal.start();
        await journal.trim({ maxAgeMs: Infinity, maxBytes: 0 });
        await expect(reader.next()).rejects.toThrow(CursorOutOfLogError);
        await expect(entriesOf(await restarted(), before)).rejects.toThrow(CursorOutOfLogError);
        expect(await namesOf(journal)).toEqual(['c']);
      });
    });

    describe('a consumer', () => {
      const cursor = (seq: number) => cursorAfter({ partition: 0, seq });
      const bytes = (...values: number[]) => Uint8Array.from(values);

      it('is unknown until it commits, and then stands where it committed, with its state', async () => {
        await journal.append([tick, tick]);
        expect(journal.position('writer')).toBeUndefined();
        await journal.commit('writer', cursor(1), { state: bytes(1, 2, 3) });
        await journal.commit('registrar', cursor(0));
        await restarted();
        expect(journal.position('writer')).toEqual({ cursor: cursor(1), state: bytes(1, 2, 3) });
        expect(journal.position('registrar')).toEqual({ cursor: cursor(0) });
      });

      it('keeps its state when a commit gives none, and may have an empty one', async () => {
        await journal.append([tick, tick]);
        await journal.commit('writer', cursor(1), { state: bytes(9) });
        await journal.commit('writer', cursor(2));
        await journal.commit('engine', cursor(2), { state: bytes() });
        await restarted();
        expect(journal.position('writer')).toEqual({ cursor: cursor(2), state: bytes(9) });
        expect(journal.position('engine')).toEqual({ cursor: cursor(2), state: bytes() });
      });

      it('may use the memory of its state again', async () => {
        const state = Buffer.from([1, 2, 3]);
        const committed = journal.commit('writer', cursor(0), { state });
        state.fill(0);
        await committed;
        expect([...(await restarted()).position('writer')!.state!]).toEqual([1, 2, 3]);
      });

      it('may have a state of several megabytes', async () => {
        const state = Uint8Array.from({ length: 5_000_000 }, (_, i) => i * 7);
        await journal.commit('engine', cursor(0), { state });
        const kept = (await restarted()).position('engine')!.state!;
        expect(Buffer.compare(kept, state)).toBe(0);
      });

      it('commits outputs, state and cursor together', async () => {
        await journal.append([tick]);
        const output = device('output', { producer: { id: 'engine', seq: 1 } });
        const results = await journal.commit('engine', cursor(1), { outputs: [output], state: bytes(1) });
        expect(results).toEqual([{ seq: 2, stamp: now, duplicate: false }]);
        const again = await (await restarted()).commit('engine', cursor(1), { outputs: [output], state: bytes(1) });
        expect(again).toEqual([{ seq: 2, stamp: now, duplicate: true }]);
        expect(await namesOf(journal)).toEqual(['tick', 'output']);
      });

      it('moves nothing when an output is refused', async () => {
        await journal.append([device('k', { key: { id: 'k', fingerprint: 'f' } })]);
        await journal.commit('engine', cursor(0), { state: bytes(1) });
        const outputs = [tick, device('k', { key: { id: 'k', fingerprint: 'other' } })];
        await expect(journal.commit('engine', cursor(1), { outputs, state: bytes(2) })).rejects.toThrow(KeyReusedError);
        expect((await restarted()).position('engine')).toEqual({ cursor: cursor(0), state: bytes(1) });
        expect(await namesOf(journal)).toEqual(['k']);
      });

      it('is refused beyond the end of the log', async () => {
        await expect(journal.commit('writer', cursor(1))).rejects.toThrow(CursorOutOfLogError);
        expect(journal.position('writer')).toBeUndefined();
      });

      it('is forgotten when dropped', async () => {
        await journal.commit('writer', cursor(0), { state: bytes(1) });
        await journal.dropConsumer('writer');
        await journal.dropConsumer('never there');
        expect((await restarted()).position('writer')).toBeUndefined();
        await journal.commit('writer', cursor(0));
        expect((await restarted()).position('writer')).toEqual({ cursor: cursor(0) });
      });
    });

    describe('trim', () => {
      const cursor = (seq: number) => cursorAfter({ partition: 0, seq });

      it('keeps everything that the policy keeps, and always the last entry', async () => {
        await journal.append([device('a'), device('b'), device('c')]);
        expect(await journal.trim(NO_LIMIT)).toBe(0);
        expect(await journal.trim({ maxAgeMs: -1, maxBytes: 0 })).toBe(2);
        expect(await namesOf(await restarted())).toEqual(['c']);
        expect(journal.start()).toBe(cursor(2));
        expect(await journal.append([tick])).toMatchObject([{ seq: 4 }]);
      });

      it('removes what is older than the age, by the stamps', async () => {
        for (let hour = 0; hour < 5; hour++) {
          await journal.append([device(`hour ${hour}`)]);
          now += 3_600_000;
        }
        expect(await journal.trim({ maxAgeMs: 2 * 3_600_000, maxBytes: Infinity })).toBe(2);
        expect(await namesOf(await restarted())).toEqual(['hour 2', 'hour 3', 'hour 4']);
      });

      it('removes the oldest until the size is kept, however young', async () => {
        for (let i = 0; i < 10; i++) await journal.append([readings(1000)]);
        // 1,000 readings take from 20,000 bytes to a little over 21,000.
        expect(await journal.trim({ maxAgeMs: Infinity, maxBytes: 110_000 })).toBe(5);
        expect(await entriesOf(await restarted())).toHaveLength(5);
        expect(await journal.trim({ maxAgeMs: Infinity, maxBytes: 110_000 })).toBe(0);
      });

      it('removes nothing that a consumer is not past', async () => {
        await journal.append([device('a'), device('b'), device('c'), device('d')]);
        await journal.commit('fast', cursor(4));
        await journal.commit('slow', cursor(1));
        expect(await journal.trim({ maxAgeMs: -1, maxBytes: 0 })).toBe(1);
        expect(await namesOf(await restarted())).toEqual(['b', 'c', 'd']);
        await journal.dropConsumer('slow');
        expect(await journal.trim({ maxAgeMs: -1, maxBytes: 0 })).toBe(2);
        expect(journal.position('fast')?.cursor).toBe(cursor(4));
      });

      it('of many entries goes on while others append', async () => {
        await journal.append(Array.from({ length: 2500 }, () => tick));
        const trimmed = journal.trim({ maxAgeMs: Infinity, maxBytes: 0 });
        const appended = journal.append([device('meanwhile')]);
        expect(await trimmed).toBeGreaterThanOrEqual(2499);
        await appended;
        expect((await namesOf(await restarted())).at(-1)).toBe('meanwhile');
      });
    });

    it('tells its status', async () => {
      expect(journal.status()).toMatchObject({ writable: true, firstSeq: 1, lastSeq: 0, consumers: [] });
      await journal.append([tick, tick, readings(1000)]);
      await journal.commit('writer', cursorAfter({ partition: 0, seq: 2 }));
      await journal.trim({ maxAgeMs: Infinity, maxBytes: 30_000 });
      await journal.trim({ maxAgeMs: -1, maxBytes: 0 });
      const status = journal.status();
      expect(status).toMatchObject({ writable: true, firstSeq: 3, lastSeq: 3, lastStamp: now });
      expect(status.consumers).toEqual([{ name: 'writer', seq: 2 }]);
      expect(status.bytes).toBeGreaterThan(20_000);
      await journal.close();
      expect(journal.status()).toMatchObject({ writable: false, failure: 'The journal is closed.' });
    });
  });
}
