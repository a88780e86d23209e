import { describe, expect, it } from '@jest/globals';
import { cursorAfter, cursorSeq, type EntryDraft } from '@seawall/ports';
import { createMemoryJournal, createMemoryRegistry, createMemorySeriesStore } from '@seawall/ports/memory';
import { pino } from 'pino';
import { lastRun, lastVersion } from './last-run.ts';
import { checkEntriesAreThere } from './missing-entries.ts';

const log = pino({ level: 'silent' });
const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };
const start: EntryDraft = {
  kind: 'hub-start',
  origin: 'live',
  payload: { version: '1.2.3', timeZone: 'UTC', delayMs: 0, idleAfterMs: 0 },
};
const stop: EntryDraft = { kind: 'hub-stop', origin: 'live', payload: null };
const at = (seq: number) => cursorAfter({ partition: 0, seq });

/** A log of 20 entries that begins at `firstSeq`. */
async function journalFrom(firstSeq: number) {
  let now = 0;
  const journal = createMemoryJournal({ now: () => now });
  for (let seq = 1; seq <= 20; seq++) {
    now = seq < firstSeq ? 0 : 1_000;
    await journal.append([tick]);
  }
  await journal.trim({ maxAgeMs: 1, maxBytes: Infinity });
  expect(journal.status().firstSeq).toBe(firstSeq);
  return journal;
}

describe('checkEntriesAreThere', () => {
  it('lets those go on whose next entry is there', async () => {
    const engines = {
      journal: await journalFrom(5),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    await engines.store.write([], at(4));
    await engines.registry.apply([], at(20));
    await checkEntriesAreThere(engines, false, log);
    expect(cursorSeq(await engines.store.cursor())).toBe(4);
  });

  it('says what is missing and how to go on, and then goes on', async () => {
    const engines = {
      journal: await journalFrom(5),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    await engines.store.write([], at(2));
    await expect(checkEntriesAreThere(engines, false, log)).rejects.toThrow(
      /series store has read the journal up to entry 2, but the journal begins at entry 5.*entries 3 to 4.*--skip-missing/,
    );
    await checkEntriesAreThere(engines, true, log);
    for await (const { entries } of engines.journal.read(await engines.store.cursor(), { follow: false }))
      expect(entries[0]!.seq).toBe(5);
    for await (const { entries } of engines.journal.read(engines.registry.cursor(), { follow: false }))
      expect(entries.length).toBeGreaterThan(0);
    await checkEntriesAreThere(engines, false, log);
  });

  it('refuses a journal that ends before what was read, whatever is asked', async () => {
    const engines = {
      journal: await journalFrom(1),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    await engines.store.write([], at(99));
    await expect(checkEntriesAreThere(engines, true, log)).rejects.toThrow(/up to entry 99, .* ends at entry 20/);
  });
});

describe('lastRun', () => {
  const transition = { kind: 'transition', origin: 'live', payload: {} } as unknown as EntryDraft;
  const journalOf = async (...drafts: EntryDraft[]) => {
    let now = 0;
    const journal = createMemoryJournal({ now: () => (now += 1_000) });
    for (const draft of drafts) await journal.append([draft]);
    return journal;
  };

  it('tells a stop from a crash, and neither from a first start', async () => {
    expect(await lastRun(await journalOf())).toEqual({ kind: 'none' });
    expect(await lastRun(await journalOf(start, tick, stop))).toMatchObject({ kind: 'clean' });
    expect(await lastRun(await journalOf(start, stop, start, tick))).toMatchObject({ kind: 'crash' });
    expect(await lastRun(await journalOf(start, stop, start))).toMatchObject({ kind: 'crash' });
  });

  it('takes transitions after the stop for what roles still had to say, however many', async () => {
    const journal = await journalOf(start, tick, stop, ...Array.from({ length: 250 }, () => transition));
    expect(await lastRun(journal)).toMatchObject({ kind: 'clean', stamp: journal.status().lastStamp });
  });

  it('finds the release that wrote last', async () => {
    expect(await lastVersion(await journalOf(start, ...Array.from({ length: 150 }, () => tick)))).toBe('1.2.3');
    expect(await lastVersion(await journalOf(tick))).toBeUndefined();
  });
});
