import { describe, expect, it } from '@jest/globals';
import type { EntryDraft, Journal } from '@seawall/ports';
import { createMemoryJournal } from '@seawall/ports/memory';
import { pino } from 'pino';
import { engine, EngineView } from './engine.ts';
import { Role } from './role.ts';

const log = pino({ level: 'silent' });
const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };

/** Lets the engine read to the log's end, and stops it. @returns what it did */
async function live(journal: Journal, lastSnapshotMs?: number): Promise<{ fed: number }> {
  const view = new EngineView();
  let fed = 0;
  const feed = view.feed.bind(view);
  view.feed = (chunk) => {
    fed += chunk.entries.length;
    return feed(chunk);
  };
  const role = new Role('engine', engine(journal, view, { refused: () => {}, late: () => {} }, lastSnapshotMs), log);
  role.start();
  expect(await role.past(journal.end(), 10_000)).toBe(true);
  await role.stop();
  expect(role.status().failure).toBeUndefined();
  return { fed };
}

describe('the engine at its end', () => {
  it('leaves out a last snapshot that would take too long, and reads again at its next start', async () => {
    let now = 1_000_000;
    const journal = createMemoryJournal({ now: () => now });
    await journal.append([tick]);
    await live(journal);
    const saved = journal.position('engine')!.cursor;
    expect(saved).toEqual(journal.end());

    now += 1_000;
    await journal.append([tick]); // too soon for a snapshot before the end
    await live(journal, 0);
    expect(journal.position('engine')!.cursor).toEqual(saved);
    const again = await live(journal);
    expect(again.fed).toBeGreaterThan(0);
    expect(journal.position('engine')!.cursor).toEqual(journal.end());
  });
});
