import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JournalUnavailableError, type EntryDraft, type Journal } from '@seawall/ports';
import { openLmdbJournal } from './lmdb-journal.ts';
import type { RoomOptions } from './room.ts';

const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };
const stop: EntryDraft = { kind: 'hub-stop', origin: 'live', payload: null };
const device = (length: number): EntryDraft => ({
  kind: 'device',
  origin: 'live',
  payload: { device: 'x'.repeat(length), receivedAt: 1 },
});

let path: string;
let journal: Journal;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
});

afterEach(async () => {
  await journal.close();
  await rm(path, { recursive: true });
});

async function open(options: RoomOptions): Promise<void> {
  journal = await openLmdbJournal({ path, now: () => 1_790_000_000_000, ...options });
}

describe('a journal on a disk with little room', () => {
  let free: number;

  beforeEach(async () => {
    free = 600e6;
    await open({ reserveBytes: 512e6, freeBytes: async () => free });
    await journal.append([tick, device(10)]);
    await journal.commit('writer', journal.start());
  });

  it('takes nothing from outside below its reserve, says why, and goes on by itself', async () => {
    free = 511e6;
    for (const draft of [tick, device(10)])
      await expect(journal.append([stop, draft])).rejects.toThrow(JournalUnavailableError);
    expect(journal.status()).toMatchObject({ writable: false, suspendedBy: 'disk', lastSeq: 2 });
    expect(journal.status().failure).toBe(
      `The disk of ${path} has 511 MB free, and the last 512 MB are kept for what was taken already, so nothing more is taken until there is room.`,
    );
    free = 540e6;
    await journal.append([tick]);
    expect(journal.status()).toMatchObject({ writable: true, lastSeq: 3 });
  });

  it('does not go to and fro at the brink', async () => {
    free = 511e6;
    await expect(journal.append([tick])).rejects.toThrow('511 MB free');
    free = 513e6;
    await expect(journal.append([tick])).rejects.toThrow('513 MB free');
  });

  it('lets those who read it go on, and the hub say what it decides', async () => {
    free = 1e6;
    await journal.append([stop]);
    await journal.commit('writer', journal.end(), { state: new Uint8Array([1]) });
    const outputs: EntryDraft[] = [{ kind: 'rejections', origin: 'live', payload: [] }];
    await journal.commit('writer', journal.end(), { outputs });
    await expect(journal.append(outputs)).rejects.toThrow('until there is room');
    expect(await journal.trim({ maxAgeMs: Infinity, maxBytes: 0 })).toBe(3);
    await expect(journal.commit('engine', journal.end(), { outputs: [tick] })).rejects.toThrow('until there is room');
  });
});

describe('a journal whose readers are behind', () => {
  const policy = { maxAgeMs: Infinity, maxBytes: 100_000 };

  it('takes nothing from outside beyond its limit, until they have read some and it was trimmed', async () => {
    await open({ limitBytes: 1_000_000 });
    await journal.commit('writer', journal.start());
    let taken = 0;
    const fill = async () => {
      for (;;) {
        await journal.append([device(10_000)]);
        taken++;
        await journal.trim(policy);
      }
    };
    await expect(fill()).rejects.toThrow(
      /holds 1\.01 MB of entries that are yet to be read, and takes no more than 1 MB/,
    );
    expect(taken).toBe(100);
    expect(journal.status()).toMatchObject({ writable: false, suspendedBy: 'readers', keptBytes: expect.any(Number) });
    await journal.commit('writer', journal.end());
    await expect(journal.append([tick])).rejects.toThrow('nothing more is taken'); // Reading alone gives no room back.
    await journal.trim(policy);
    expect(journal.status().keptBytes).toBeLessThan(1_000_000);
    await journal.append([tick]);
    expect(journal.status().writable).toBe(true);
    expect(journal.status().keptBytes).toBeLessThanOrEqual(110_000);
  });

  it('keeps to its limit after it was opened anew', async () => {
    await open({});
    await journal.commit('writer', journal.start());
    for (let i = 0; i < 3; i++) await journal.append([device(10_000)]);
    const { keptBytes } = journal.status();
    await journal.close();
    await open({ limitBytes: 20_000 });
    expect(journal.status().keptBytes).toBe(keptBytes);
    await expect(journal.append([tick])).rejects.toThrow(JournalUnavailableError);
  });
});

describe('the file of a journal that is trimmed', () => {
  // The figures of the README are of longer runs of the same: 12 GB through 64 MB.
  it.each([
    ['small entries', 200, () => 60, 0.3e6],
    ['entries of every size', 20, (i: number) => 50 * 4000 ** (((i * 7919) % 101) / 100), 2e6],
  ])(
    'keeps below twice what the journal holds at most, however much goes through: %s',
    async (_, together, length, maxBytes) => {
      await open({});
      let high = 0;
      for (let i = 0, through = 0; through < 8 * maxBytes; i++) {
        const drafts = Array.from({ length: together }, (_, j) => device(Math.round(length(together * i + j))));
        await journal.append(drafts);
        await journal.commit('writer', journal.end());
        high = Math.max(high, journal.status().keptBytes!);
        through += drafts.reduce((sum, draft) => sum + (draft.payload as { device: string }).device.length, 0);
        await journal.trim({ maxAgeMs: Infinity, maxBytes });
      }
      // 4 MiB are written ahead, and a mebibyte is what commits and trimming need for themselves.
      expect(journal.status().bytes).toBeLessThan(2 * high + 6 * 1024 ** 2);
    },
    60_000,
  );
});
