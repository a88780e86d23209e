import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { cursorAfter, CursorOutOfLogError, KeyReusedError } from '../journal.ts';
import type { JournalChunk } from '../journal.ts';
import { device, entriesOf, nameOf, namesOf, readings, takeEntries, tick } from './journal-contract-support.ts';
import type { JournalUnderTest } from './journal-contract-support.ts';

const HOUR_MS = 3_600_000;
const NO_LIMIT = { maxAgeMs: Infinity, maxBytes: Infinity };

/** The port's promises on reading, consumers and trimming. */
export function readContract(on: JournalUnderTest): void {
  describe('read', () => {
    it('begins after its cursor and ends with what there was when it was asked not to follow', async () => {
      await on.journal.append([device('a'), device('b'), device('c')]);
      const reader = on.journal.read(cursorAfter({ partition: 0, seq: 1 }), { follow: false });
      await on.journal.append([device('too late')]);
      const names: string[] = [];
      for await (const chunk of reader) names.push(...chunk.entries.map(nameOf));
      expect(names).toEqual(['b', 'c']);
    });

    it('gives chunks of no more than maxEntries, each with the cursor after it', async () => {
      await on.journal.append(Array.from({ length: 7 }, () => tick));
      const chunks: JournalChunk[] = [];
      for await (const chunk of (await on.restarted()).read(on.journal.start(), { follow: false, maxEntries: 3 }))
        chunks.push(chunk);
      expect(chunks.map((chunk) => chunk.entries.length)).toEqual([3, 3, 1]);
      expect(chunks.map((chunk) => chunk.cursor)).toEqual([3, 6, 7].map((seq) => cursorAfter({ partition: 0, seq })));
      expect(chunks[2]!.cursor).toBe(on.journal.end());
    });

    it('wakes up for what is appended while it waits, and misses nothing', async () => {
      const reader = on.journal.read(on.journal.start())[Symbol.asyncIterator]();
      const entries = takeEntries(reader, 30);
      for (let i = 0; i < 30; i++) await on.journal.append([device(String(i))]);
      expect((await entries).map(nameOf)).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
      await reader.return?.();
    });

    it('shows an entry only when its append has resolved, or is about to in this very turn', async () => {
      let resolved = false;
      const reader = on.journal.read(on.journal.start())[Symbol.asyncIterator]();
      const first = takeEntries(reader, 1);
      const append = on.journal.append([tick]).then(() => (resolved = true));
      await first;
      await setImmediate();
      expect(resolved).toBe(true);
      await append;
      await reader.return?.();
    });

    it('ends without an error when its signal aborts, waiting or not', async () => {
      const abort = new AbortController();
      const reader = on.journal.read(on.journal.start(), { signal: abort.signal })[Symbol.asyncIterator]();
      const waiting = reader.next();
      await setImmediate();
      abort.abort();
      expect((await waiting).done).toBe(true);
      await on.journal.append([tick]);
      expect(await entriesOf(on.journal, on.journal.start(), { signal: AbortSignal.abort() })).toEqual([]);
    });

    it('ends when the journal closes', async () => {
      const waiting = on.journal.read(on.journal.start())[Symbol.asyncIterator]().next();
      await setImmediate();
      await on.journal.close();
      expect((await waiting).done).toBe(true);
    });

    it('by a slow reader loses nothing and holds nothing back', async () => {
      const slow = on.journal.read(on.journal.start(), { maxEntries: 2 })[Symbol.asyncIterator]();
      await on.journal.append([device('0')]);
      expect(await takeEntries(slow, 1)).toHaveLength(1);
      for (let i = 1; i < 200; i++) await on.journal.append([device(String(i))]);
      const names = (await takeEntries(slow, 199)).map(nameOf);
      expect(names).toEqual(Array.from({ length: 199 }, (_, i) => String(i + 1)));
      await slow.return?.();
    });

    it('is refused beyond the end of the log', async () => {
      await on.journal.append([tick]);
      await expect(entriesOf(on.journal, cursorAfter({ partition: 0, seq: 2 }))).rejects.toThrow(CursorOutOfLogError);
      expect(await entriesOf(on.journal, on.journal.end())).toEqual([]);
    });

    it('is refused where entries after its cursor are trimmed, also in the middle of reading', async () => {
      await on.journal.append([device('a'), device('b'), device('c')]);
      const reader = on.journal.read(on.journal.start(), { maxEntries: 1 })[Symbol.asyncIterator]();
      await reader.next();
      const before = on.journal.start();
      await on.journal.trim({ maxAgeMs: Infinity, maxBytes: 0 });
      await expect(reader.next()).rejects.toThrow(CursorOutOfLogError);
      await expect(entriesOf(await on.restarted(), before)).rejects.toThrow(CursorOutOfLogError);
      expect(await namesOf(on.journal)).toEqual(['c']);
    });
  });

  describe('a consumer', () => {
    const cursor = (seq: number) => cursorAfter({ partition: 0, seq });
    const bytes = (...values: number[]) => Uint8Array.from(values);

    it('is unknown until it commits, and then stands where it committed, with its state', async () => {
      await on.journal.append([tick, tick]);
      expect(on.journal.position('writer')).toBeUndefined();
      await on.journal.commit('writer', cursor(1), { state: bytes(1, 2, 3) });
      await on.journal.commit('registrar', cursor(0));
      await on.restarted();
      expect(on.journal.position('writer')).toEqual({ cursor: cursor(1), state: bytes(1, 2, 3) });
      expect(on.journal.position('registrar')).toEqual({ cursor: cursor(0) });
    });

    it('keeps its state when a commit gives none, and may have an empty one', async () => {
      await on.journal.append([tick, tick]);
      await on.journal.commit('writer', cursor(1), { state: bytes(9) });
      await on.journal.commit('writer', cursor(2));
      await on.journal.commit('engine', cursor(2), { state: bytes() });
      await on.restarted();
      expect(on.journal.position('writer')).toEqual({ cursor: cursor(2), state: bytes(9) });
      expect(on.journal.position('engine')).toEqual({ cursor: cursor(2), state: bytes() });
    });

    it('may use the memory of its state again', async () => {
      const state = Buffer.from([1, 2, 3]);
      const committed = on.journal.commit('writer', cursor(0), { state });
      state.fill(0);
      await committed;
      expect([...(await on.restarted()).position('writer')!.state!]).toEqual([1, 2, 3]);
    });

    it('may have a state of several megabytes', async () => {
      const state = Uint8Array.from({ length: 5_000_000 }, (_, i) => i * 7);
      await on.journal.commit('engine', cursor(0), { state });
      const kept = (await on.restarted()).position('engine')!.state!;
      expect(Buffer.compare(kept, state)).toBe(0);
    });

    it('commits outputs, state and cursor together', async () => {
      await on.journal.append([tick]);
      const output = device('output', { producer: { id: 'engine', seq: 1 } });
      const results = await on.journal.commit('engine', cursor(1), { outputs: [output], state: bytes(1) });
      expect(results).toEqual([{ seq: 2, stamp: on.now, duplicate: false }]);
      const again = await (await on.restarted()).commit('engine', cursor(1), { outputs: [output], state: bytes(1) });
      expect(again).toEqual([{ seq: 2, stamp: on.now, duplicate: true }]);
      expect(await namesOf(on.journal)).toEqual(['tick', 'output']);
    });

    it('moves nothing when an output is refused', async () => {
      await on.journal.append([device('k', { key: { id: 'k', fingerprint: 'f' } })]);
      await on.journal.commit('engine', cursor(0), { state: bytes(1) });
      const outputs = [tick, device('k', { key: { id: 'k', fingerprint: 'other' } })];
      await expect(on.journal.commit('engine', cursor(1), { outputs, state: bytes(2) })).rejects.toThrow(
        KeyReusedError,
      );
      expect((await on.restarted()).position('engine')).toEqual({ cursor: cursor(0), state: bytes(1) });
      expect(await namesOf(on.journal)).toEqual(['k']);
    });

    it('is refused beyond the end of the log', async () => {
      await expect(on.journal.commit('writer', cursor(1))).rejects.toThrow(CursorOutOfLogError);
      expect(on.journal.position('writer')).toBeUndefined();
    });

    it('is forgotten when dropped', async () => {
      await on.journal.commit('writer', cursor(0), { state: bytes(1) });
      await on.journal.dropConsumer('writer');
      await on.journal.dropConsumer('never there');
      expect((await on.restarted()).position('writer')).toBeUndefined();
      await on.journal.commit('writer', cursor(0));
      expect((await on.restarted()).position('writer')).toEqual({ cursor: cursor(0) });
    });
  });

  describe('trim', () => {
    const cursor = (seq: number) => cursorAfter({ partition: 0, seq });

    it('keeps everything that the policy keeps, and always the last entry', async () => {
      await on.journal.append([device('a'), device('b'), device('c')]);
      expect(await on.journal.trim(NO_LIMIT)).toBe(0);
      expect(await on.journal.trim({ maxAgeMs: -1, maxBytes: 0 })).toBe(2);
      expect(await namesOf(await on.restarted())).toEqual(['c']);
      expect(on.journal.start()).toBe(cursor(2));
      expect(await on.journal.append([tick])).toMatchObject([{ seq: 4 }]);
    });

    it('removes what is older than the age', async () => {
      for (let hour = 0; hour < 5; hour++) {
        await on.journal.append([device(`hour ${hour}`)]);
        on.elapsed += HOUR_MS;
      }
      expect(await on.journal.trim({ maxAgeMs: 2 * HOUR_MS, maxBytes: Infinity })).toBe(3);
      expect(await namesOf(await on.restarted())).toEqual(['hour 3', 'hour 4']);
    });

    it('takes nothing for older because the clock leaps ahead, nor for younger because it was', async () => {
      const policy = { maxAgeMs: 24 * HOUR_MS, maxBytes: Infinity };
      await on.journal.append([device('before')]);
      on.now += 8_760 * HOUR_MS;
      on.elapsed += 60_000;
      await on.journal.append([device('while it is ahead')]);
      expect(await on.journal.trim(policy)).toBe(0);
      on.now -= 8_760 * HOUR_MS;
      for (const name of ['an hour later', 'a day later']) {
        on.elapsed += name === 'an hour later' ? HOUR_MS : 24 * HOUR_MS;
        await on.journal.append([device(name)]);
      }
      expect(await on.journal.trim(policy)).toBe(2);
      expect(await namesOf(await on.restarted())).toEqual(['an hour later', 'a day later']);
    });

    it('removes the oldest until the size is kept, however young', async () => {
      for (let i = 0; i < 10; i++) await on.journal.append([readings(1000)]);
      // 1,000 readings take from 20,000 bytes to a little over 21,000.
      expect(await on.journal.trim({ maxAgeMs: Infinity, maxBytes: 110_000 })).toBe(5);
      expect(await entriesOf(await on.restarted())).toHaveLength(5);
      expect(await on.journal.trim({ maxAgeMs: Infinity, maxBytes: 110_000 })).toBe(0);
    });

    it('removes nothing that a consumer is not past', async () => {
      await on.journal.append([device('a'), device('b'), device('c'), device('d')]);
      await on.journal.commit('fast', cursor(4));
      await on.journal.commit('slow', cursor(1));
      expect(await on.journal.trim({ maxAgeMs: -1, maxBytes: 0 })).toBe(1);
      expect(await namesOf(await on.restarted())).toEqual(['b', 'c', 'd']);
      await on.journal.dropConsumer('slow');
      expect(await on.journal.trim({ maxAgeMs: -1, maxBytes: 0 })).toBe(2);
      expect(on.journal.position('fast')?.cursor).toBe(cursor(4));
    });

    it('of many entries goes on while others append', async () => {
      await on.journal.append(Array.from({ length: 2500 }, () => tick));
      const trimmed = on.journal.trim({ maxAgeMs: Infinity, maxBytes: 0 });
      const appended = on.journal.append([device('meanwhile')]);
      expect(await trimmed).toBeGreaterThanOrEqual(2499);
      await appended;
      expect((await namesOf(await on.restarted())).at(-1)).toBe('meanwhile');
    });
  });
}
