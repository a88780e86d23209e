import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EntryDraft, Journal } from '@seawall/ports';
import { openLmdbJournal, type LmdbJournalOptions } from './lmdb-journal.ts';

const ABOVE = 6e6;
const large = (i: number): EntryDraft => ({
  kind: 'device',
  origin: 'live',
  payload: { device: `${i}-${'x'.repeat(100_000)}`, receivedAt: 1 },
});

let path: string;
let journal: Journal;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
  await open();
});

afterEach(async () => {
  await journal.close();
  await rm(path, { recursive: true });
});

async function open(compactAboveBytes?: number, more: Partial<LmdbJournalOptions> = {}): Promise<void> {
  journal = await openLmdbJournal({ path, now: () => 1e12, ...(compactAboveBytes && { compactAboveBytes }), ...more });
}

async function openAgain(): Promise<void> {
  await journal.close();
  await open(ABOVE);
}

async function fill(entries: number): Promise<void> {
  for (let i = 0; i < entries; i++) await journal.append([large(i)]);
  await journal.append([{ ...large(entries), key: { id: 'known', fingerprint: 'f' } }]);
}

async function kept() {
  const entries: unknown[] = [];
  for await (const chunk of journal.read(journal.start(), { follow: false })) entries.push(...chunk.entries);
  const { cursor, state } = journal.position('engine') ?? {};
  // As text: long arrays take the test's own comparison minutes.
  const engine = { cursor, state: state && Buffer.from(state).toString('hex') };
  return { entries, writer: journal.position('writer'), engine };
}

describe('a journal whose file has grown while a reader was behind', () => {
  it('is written anew at the next opening, and holds what it held', async () => {
    await fill(60);
    await journal.commit('writer', journal.end());
    await journal.commit('engine', journal.end(), { state: new Uint8Array(2 * 1024 * 1024).fill(7) });
    await journal.trim({ maxAgeMs: Infinity, maxBytes: 500_000 });
    const [before, { bytes, lastSeq }] = [await kept(), journal.status()];
    expect(bytes).toBeGreaterThan(ABOVE);

    await openAgain();
    expect(journal.status().bytes).toBeLessThan(ABOVE);
    expect(await kept()).toEqual(before);
    expect(before.entries.length).toBeGreaterThan(2);
    const [again] = await journal.append([{ ...large(60), key: { id: 'known', fingerprint: 'f' } }]);
    expect(again).toMatchObject({ seq: lastSeq, duplicate: true });
    await journal.append([large(0)]);
    await openAgain();
    expect(journal.status().lastSeq).toBe(lastSeq + 1);
  });

  it('is left as it is while most of it is still to be read', async () => {
    await fill(60);
    const { bytes } = journal.status();
    await openAgain();
    expect(journal.status().bytes).toBe(bytes);
  });

  it('is used as it is where there is no room for a copy, and that is said', async () => {
    await fill(60);
    await journal.commit('writer', journal.end());
    await journal.trim({ maxAgeMs: Infinity, maxBytes: 500_000 });
    const [before, { bytes }] = [await kept(), journal.status()];
    await journal.close();
    const said: string[] = [];
    const onNotCompacted = (sentence: string) => void said.push(sentence);
    await open(ABOVE, { freeBytes: async () => 300_000, onNotCompacted });
    expect(said).toEqual([
      expect.stringMatching(
        /^The journal in .* has a file of [\d.]+ MB for [\d.]+ MB of entries, and .*: the disk has 0\.3 MB free\./,
      ),
    ]);
    expect(journal.status().bytes).toBe(bytes);
    expect(await kept()).toEqual(before);
    expect(existsSync(join(path, 'compacted'))).toBe(false);
    await journal.close();
    await open(ABOVE, { onNotCompacted });
    expect(journal.status().bytes).toBeLessThan(ABOVE);
    expect(said).toHaveLength(1);
  });

  it('loses nothing when a crash left half a copy', async () => {
    await fill(3);
    const before = await kept();
    mkdirSync(join(path, 'compacted'));
    writeFileSync(join(path, 'compacted', 'data.mdb'), 'half');
    await openAgain();
    expect(await kept()).toEqual(before);
    expect(existsSync(join(path, 'compacted'))).toBe(false);
  });
});
