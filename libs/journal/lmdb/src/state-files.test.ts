import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openLmdbJournal } from './lmdb-journal.ts';

const LARGE = new Uint8Array(3 * 1024 * 1024 + 7).map((_, i) => i % 251);
const SMALL = Uint8Array.of(1, 2, 3);

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'seawall-state-files-'));
});

afterEach(async () => {
  await rm(path, { recursive: true, force: true });
});

/** Jest would compare millions of bytes one by one. */
const holds = (state: Uint8Array | undefined, expected: Uint8Array) => Buffer.compare(state!, expected) === 0;
const files = () => readdir(join(path, 'states'));

describe('a large state', () => {
  it('comes back from a file of its own, also after the journal is opened again', async () => {
    const journal = await openLmdbJournal({ path });
    await journal.commit('engine', journal.start(), { state: LARGE });
    expect(await files()).toHaveLength(1);
    expect(holds(journal.position('engine')?.state, LARGE)).toBe(true);
    await journal.close();
    const again = await openLmdbJournal({ path });
    expect(holds(again.position('engine')?.state, LARGE)).toBe(true);
    await again.close();
  });

  it('stays while only the cursor moves, and its file goes when another state takes its place', async () => {
    const journal = await openLmdbJournal({ path });
    await journal.commit('engine', journal.start(), { state: LARGE });
    await journal.commit('engine', journal.start());
    expect(holds(journal.position('engine')?.state, LARGE)).toBe(true);
    const other = LARGE.map((byte) => byte + 1);
    await journal.commit('engine', journal.start(), { state: other });
    expect(await files()).toHaveLength(1);
    await journal.commit('engine', journal.start(), { state: SMALL });
    expect(await files()).toEqual([]);
    expect(holds(journal.position('engine')?.state, SMALL)).toBe(true);
    await journal.close();
  });

  it('is in force although the file of the one before can not be removed', async () => {
    const journal = await openLmdbJournal({ path });
    await journal.commit('engine', journal.start(), { state: LARGE });
    const [before] = await files();
    await rm(join(path, 'states', before!));
    await mkdir(join(path, 'states', before!));
    const other = LARGE.map((byte) => byte + 1);
    await journal.commit('engine', journal.start(), { state: other });
    await journal.append([{ kind: 'tick', origin: 'live', payload: null }]);
    expect(holds(journal.position('engine')?.state, other)).toBe(true);
    await journal.close();
    const again = await openLmdbJournal({ path });
    expect(holds(again.position('engine')?.state, other)).toBe(true);
    await again.close();
  });

  it('leaves nothing behind that a crash left half written', async () => {
    const journal = await openLmdbJournal({ path });
    await journal.commit('engine', journal.start(), { state: LARGE });
    const kept = await files();
    await journal.close();
    await writeFile(join(path, 'states', 'half.state'), LARGE.subarray(0, 1000));
    const again = await openLmdbJournal({ path });
    expect(await files()).toEqual(kept);
    expect(holds(again.position('engine')?.state, LARGE)).toBe(true);
    await again.close();
  });
});
