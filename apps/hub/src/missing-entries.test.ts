import { describe, expect, it } from '@jest/globals';
import { ReadingBatchBuilder, UNDESCRIBED } from '@seawall/model';
import { cursorAfter, cursorSeq, StoreUnavailableError, type EntryDraft, type JournalEntry } from '@seawall/ports';
import { createMemoryJournal, createMemoryRegistry, createMemorySeriesStore } from '@seawall/ports/memory';
import { pino } from 'pino';
import { lastRun, lastVersion } from './last-run.ts';
import { MissingEntries } from './missing-entries.ts';

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
  const journal = createMemoryJournal({ now: () => now, elapsed: () => now });
  for (let seq = 1; seq <= 20; seq++) {
    now += seq === firstSeq ? 3_600_000 : 60_000;
    await journal.append([tick]);
  }
  await journal.trim({ maxAgeMs: 3_500_000, maxBytes: Infinity });
  expect(journal.status().firstSeq).toBe(firstSeq);
  return journal;
}

describe('MissingEntries', () => {
  it('lets those go on whose next entry is there', async () => {
    const engines = {
      journal: await journalFrom(5),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    await engines.store.write([], at(4));
    await engines.registry.apply([], at(20));
    await new MissingEntries(engines, false, log).check();
    expect(cursorSeq(await engines.store.cursor())).toBe(4);
  });

  it('says what is missing and how to go on, and then goes on', async () => {
    const engines = {
      journal: await journalFrom(5),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    await engines.store.write([], at(2));
    await expect(new MissingEntries(engines, false, log).check()).rejects.toThrow(
      /series store has read the journal up to entry 2, but the journal begins at entry 5.*entries 3 to 4.*--skip-missing/,
    );
    await new MissingEntries(engines, true, log).check();
    for await (const { entries } of engines.journal.read(await engines.store.cursor(), { follow: false }))
      expect(entries[0]!.seq).toBe(5);
    for await (const { entries } of engines.journal.read(engines.registry.cursor(), { follow: false }))
      expect(entries.length).toBeGreaterThan(0);
    await new MissingEntries(engines, false, log).check();
  });

  it('gives a store that goes on without them the labels and units that the registry knows', async () => {
    const engines = {
      journal: await journalFrom(5),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    const spans = [{ from: -Infinity, labels: { district: 'harbour', type: 'gauge' } }];
    const metrics = [{ domain: 'water', metric: 'level', unit: 'm' }];
    const change: JournalEntry = {
      ...{ kind: 'device', origin: 'live', version: 1, stamp: 1, partition: 0, seq: 3 },
      payload: { device: 'd', domain: 'water', labelSpans: spans, metrics, receivedAt: 1 },
    };
    await engines.registry.apply([change], at(20));
    await new MissingEntries(engines, true, log).check();
    const builder = new ReadingBatchBuilder();
    builder.add({ domain: 'water', device: 'd', metric: 'level' }, UNDESCRIBED, 1000, 1, 0);
    await engines.store.write([{ kind: 'readings', seq: 5, batch: builder.take() }], at(5));
    const { items } = await engines.store.series({}, { limit: 10 });
    expect(items).toMatchObject([{ unit: 'm', labels: { district: 'harbour' } }]);
  });

  it.each([
    ['says so', () => Promise.reject(new StoreUnavailableError('It is down.'))],
    ['says nothing', () => new Promise<never>(() => undefined)],
  ])('looks at a store that does not answer later, with the same sentences: it %s', async (_, cursor) => {
    const store = createMemorySeriesStore();
    await store.write([], at(2));
    const answers = store.cursor.bind(store);
    const engines = { journal: await journalFrom(5), store, registry: createMemoryRegistry() };
    await engines.registry.apply([], at(20));
    const missing = new MissingEntries(engines, false, log);
    store.cursor = cursor;
    await missing.check(10);
    store.cursor = answers;
    await expect(missing.checkStore()).rejects.toThrow(/up to entry 2, but the journal begins at entry 5/);
    await store.write([], at(4));
    await missing.checkStore();
    store.cursor = cursor;
    await missing.checkStore();
  });

  it('does not take for its own what a store read before the journal had got so far', async () => {
    const store = createMemorySeriesStore();
    await store.write([], at(22));
    const engines = { journal: await journalFrom(1), store, registry: createMemoryRegistry() };
    const missing = new MissingEntries(engines, false, log);
    for (let i = 0; i < 10; i++) await engines.journal.append([tick]);
    await expect(missing.checkStore()).rejects.toThrow(/up to entry 22, .* ends at entry 20/);
  });

  it('refuses a journal that ends before what was read, whatever is asked', async () => {
    const engines = {
      journal: await journalFrom(1),
      store: createMemorySeriesStore(),
      registry: createMemoryRegistry(),
    };
    await engines.store.write([], at(99));
    await expect(new MissingEntries(engines, true, log).check()).rejects.toThrow(/up to entry 99, .* ends at entry 20/);
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
