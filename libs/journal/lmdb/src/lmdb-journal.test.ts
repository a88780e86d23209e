import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CursorOutOfLogError, type EntryDraft } from '@seawall/ports';
import { journalContract } from '@seawall/ports/contract';
import { open } from 'lmdb';
import { openLmdbJournal } from './lmdb-journal.ts';
import { openTables, type Tables } from './tables.ts';

/** With and without the ring: a reader that keeps up, and one that comes from far behind. */
for (const ringBytes of [undefined, 0]) {
  journalContract(`the LMDB journal ${ringBytes === 0 ? 'without' : 'with'} its ring`, async (times) => {
    const path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
    const open = () => openLmdbJournal({ path, ...times, ...(ringBytes !== undefined && { ringBytes }) });
    let journal = await open();
    return {
      journal,
      async reopen() {
        await journal.close();
        return (journal = await open());
      },
      async dispose() {
        await journal.close();
        await rm(path, { recursive: true });
      },
    };
  });
}

describe('the LMDB journal', () => {
  const now = 1_790_000_000_000;
  const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };
  let path: string;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
  });

  afterEach(async () => {
    await rm(path, { recursive: true });
  });

  /** A journal of so many ticks, closed. */
  async function filled(count: number): Promise<void> {
    const journal = await openLmdbJournal({ path, now: () => now });
    await journal.append(Array.from({ length: count }, () => tick));
    await journal.commit('writer', journal.end());
    await journal.close();
  }

  async function changed(change: (tables: Tables) => Promise<unknown>): Promise<void> {
    const tables = openTables(path);
    await change(tables);
    await tables.root.close();
  }

  function ofVersion(version: number, tables: Tables, seq: number): Buffer {
    const bytes = Buffer.from(tables.entries.get(seq)!);
    bytes[0] = version;
    return bytes;
  }

  it.each([
    ['first', 1],
    ['last', 5],
  ])('refuses to start when its %s entry is of an unknown version', async (_, seq) => {
    await filled(5);
    await changed((tables) => tables.entries.put(seq, ofVersion(9, tables, seq)));
    await expect(openLmdbJournal({ path })).rejects.toThrow(
      /^The journal in .* can't be opened: The journal holds an entry of version 9, and this Seawall reads version 1 only\. Start/,
    );
  });

  it('writes what readers decide by a group with the next one, though others have asked for that before', async () => {
    const order: string[] = [];
    let asked: Promise<unknown> | undefined;
    const journal = await openLmdbJournal({
      path,
      now: () => {
        // While the first group is being written.
        asked ??= journal.commit('other', journal.start()).then(async () => {
          await setImmediate();
          order.push('a turn after the next group');
        });
        return now;
      },
    });
    const decided = (async () => {
      for await (const { cursor } of journal.read(journal.start())) {
        await journal.commit('reader', cursor);
        order.push('decided');
        return;
      }
    })();
    await journal.append([tick]);
    await Promise.all([asked, decided]);
    expect(order).toEqual(['decided', 'a turn after the next group']);
    await journal.close();
  });

  it('ends a reader with a sentence where an entry in the middle is of an unknown version', async () => {
    await filled(5);
    await changed((tables) => tables.entries.put(3, ofVersion(9, tables, 3)));
    const journal = await openLmdbJournal({ path });
    const reader = journal.read(journal.start(), { maxEntries: 2 })[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ cursor: '2' });
    await expect(reader.next()).rejects.toThrow('entry of version 9');
    await journal.close();
  });

  it('refuses to start with tables of another layout', async () => {
    await filled(1);
    const root = open({ path, noSubdir: false, overlappingSync: false });
    await root.openDB({ name: 'meta', encoding: 'binary' }).put('layout', Buffer.from('2'));
    await root.close();
    await expect(openLmdbJournal({ path })).rejects.toThrow('layout 2, and this Seawall reads layout 1 only');
  });

  it('refuses to start when an entry is missing from the log', async () => {
    await filled(5);
    await changed((tables) => tables.entries.remove(3));
    await expect(openLmdbJournal({ path })).rejects.toThrow('the log from entry 1 to 5 has 4 rows instead of 5');
  });

  it('refuses the place of a consumer that stands beyond its end, as after an older log was put back', async () => {
    await filled(5);
    await changed(async (tables) => {
      await tables.entries.remove(5);
      await tables.places.remove(5);
    });
    const journal = await openLmdbJournal({ path });
    expect(() => journal.position('writer')).toThrow(CursorOutOfLogError);
    expect(() => journal.position('writer')).toThrow(/"writer" stands at entry 5, but the log ends at entry 4/);
    await journal.close();
  });

  it('forgets keys in the order of their age once their time is over, and not before', async () => {
    let elapsed = 0;
    const journal = await openLmdbJournal({ path, now: () => now, elapsed: () => elapsed, keyTtlMs: 1_000_000 });
    const keyed = (id: string): EntryDraft => ({ ...tick, key: { id, fingerprint: 'f' } });
    await journal.append(Array.from({ length: 30 }, (_, i) => keyed(`old ${i}`)));
    elapsed += 600_000;
    await journal.append([keyed('younger')]);
    elapsed += 600_000;
    for (let i = 0; i < 5; i++) await journal.append([keyed(`new ${i}`)]);
    const results = await journal.append([keyed('younger'), keyed('old 0'), keyed('old 29')]);
    expect(results.map((one) => one.duplicate)).toEqual([true, false, false]);
    await journal.close();
  });

  it('keeps no trace of keys that were forgotten', async () => {
    const journal = await openLmdbJournal({ path, now: () => now });
    for (let i = 0; i < 20; i++) {
      await journal.append([{ ...tick, key: { id: `packet ${i % 3}`, fingerprint: String(i) } }]);
      journal.forgetKey(`packet ${i % 3}`);
    }
    await journal.append([tick]);
    await journal.close();
    await changed(async (tables) => {
      expect([...tables.keys.getKeys()]).toEqual([]);
      expect([...tables.keyAges.getKeys()]).toEqual([]);
    });
  });

  it('keeps marks of age as long as there are entries or keys before them', async () => {
    const ages = async () => {
      let seqs: number[] = [];
      await changed(async (tables) => void (seqs = [...tables.ages.getKeys()]));
      return seqs;
    };
    let elapsed = 0;
    const times = { now: () => now, elapsed: () => elapsed };
    let journal = await openLmdbJournal({ path, ...times, keyTtlMs: 60 * 60_000 });
    for (let minute = 0; minute < 20; minute++) {
      await journal.append([minute === 5 ? { ...tick, key: { id: 'k', fingerprint: 'f' } } : tick]);
      elapsed += 60_000;
    }
    expect(await journal.trim({ maxAgeMs: 10 * 60_000, maxBytes: Infinity })).toBe(10);
    await journal.close();
    expect(await ages()).toEqual(Array.from({ length: 15 }, (_, i) => 6 + i));
    journal = await openLmdbJournal({ path, ...times, keyTtlMs: 7 * 60_000 });
    elapsed += 60_000;
    await journal.append([{ ...tick, key: { id: 'other', fingerprint: 'f' } }]);
    elapsed += 60_000;
    expect(await journal.trim({ maxAgeMs: 10 * 60_000, maxBytes: Infinity })).toBe(1);
    await journal.close();
    expect(await ages()).toEqual(Array.from({ length: 10 }, (_, i) => 12 + i));
  });

  it('forgets a key, and the marks of age behind it, also where no other key comes', async () => {
    let elapsed = 0;
    const policy = { maxAgeMs: 10 * 60_000, maxBytes: Infinity };
    const journal = await openLmdbJournal({ path, now: () => now, elapsed: () => elapsed, keyTtlMs: 7 * 60_000 });
    for (let minute = 0; minute < 60; minute++) {
      await journal.append([minute === 5 ? { ...tick, key: { id: 'k', fingerprint: 'f' } } : tick]);
      await journal.trim(policy);
      elapsed += 60_000;
    }
    await journal.close();
    await changed(async (tables) => {
      expect([...tables.keys.getKeys()]).toEqual([]);
      expect([...tables.ages.getKeys()].length).toBeLessThan(15);
    });
  });

  it('takes the entries and keys of a log without marks of age, as it was written before, for new', async () => {
    let elapsed = 0;
    const times = { now: () => now + elapsed, elapsed: () => elapsed };
    let journal = await openLmdbJournal({ path, ...times });
    await journal.append([{ ...tick, key: { id: 'k', fingerprint: 'f' } }, tick]);
    await journal.close();
    await changed((tables) => tables.ages.remove(2));
    elapsed += 1_000 * 3_600_000;
    journal = await openLmdbJournal({ path, ...times });
    expect(await journal.trim({ maxAgeMs: 0, maxBytes: Infinity })).toBe(0);
    expect(await journal.append([{ ...tick, key: { id: 'k', fingerprint: 'f' } }])).toMatchObject([
      { duplicate: true },
    ]);
    await journal.append([tick]);
    elapsed += 60_000;
    expect(await journal.trim({ maxAgeMs: 0, maxBytes: Infinity })).toBe(2);
    await journal.close();
  });

  it('holds the room that the next commits need in its file before they are made', async () => {
    const journal = await openLmdbJournal({ path, now: () => now });
    await journal.append([tick]);
    const { size, blocks } = await stat(join(path, 'data.mdb'));
    expect(size).toBeGreaterThan(4_000_000);
    expect(blocks * 512).toBeGreaterThan(4_000_000);
    expect(journal.status().bytes).toBe(size);
    await journal.close();
  });

  it('goes on in the room of trimmed entries, so that its file keeps its high-water mark', async () => {
    const journal = await openLmdbJournal({ path, now: () => now });
    const large: EntryDraft = { ...tick, kind: 'device', payload: { device: 'x'.repeat(200_000), receivedAt: 1 } };
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 10; i++) await journal.append([large]);
      await journal.trim({ maxAgeMs: Infinity, maxBytes: 2_000_000 });
    }
    // 60 MB were appended.
    expect(journal.status().bytes).toBeLessThan(20_000_000);
    await journal.close();
  });
});
