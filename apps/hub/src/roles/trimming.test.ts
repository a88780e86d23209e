import { describe, expect, it } from '@jest/globals';
import { cursorSeq, type EntryDraft, type Journal } from '@seawall/ports';
import { createMemoryJournal, createMemoryRegistry, createMemorySeriesStore } from '@seawall/ports/memory';
import { pino } from 'pino';
import { notifier } from './notifier.ts';
import { registerConsumers } from './register-consumers.ts';
import { registrar } from './registrar.ts';
import { Role } from './role.ts';
import { writer } from './writer.ts';

const log = pino({ level: 'silent' });
const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };
const policy = { maxAgeMs: 60_000, maxBytes: Infinity };

describe('trimming', () => {
  it('leaves writer and registrar inside the log after a spell of silence longer than the age it keeps', async () => {
    let now = 1_000_000;
    const journal = createMemoryJournal({ now: () => now, elapsed: () => now });
    const store = createMemorySeriesStore();
    const registry = createMemoryRegistry();
    await registerConsumers({ journal, registry });
    await journal.dropConsumer('engine');
    await journal.dropConsumer('notifier');
    const run = async () => {
      const roles = [
        new Role('writer', writer(journal, store), log),
        new Role('registrar', registrar(journal, registry), log),
      ];
      for (const role of roles) role.start();
      // Nothing but ticks for ten minutes.
      for (let i = 0; i < 600; i++) {
        now += 1_000;
        await journal.append([tick]);
      }
      for (const role of roles) expect(await role.past(journal.end(), 10_000)).toBe(true);
      for (const role of roles) await role.stop();
      expect(roles.map((role) => role.status().failure)).toEqual([undefined, undefined]);
    };
    await run();
    expect(await journal.trim(policy)).toBeGreaterThan(450);
    const { firstSeq } = journal.status();
    expect(cursorSeq(await store.cursor())).toBeGreaterThanOrEqual(firstSeq - 1);
    expect(cursorSeq(registry.cursor())).toBeGreaterThanOrEqual(firstSeq - 1);
    await run();
  });

  it('waits for a role that never got anywhere', async () => {
    let now = 0;
    const journal = createMemoryJournal({ now: () => now, elapsed: () => now });
    const registry = createMemoryRegistry();
    await registerConsumers({ journal, registry });
    for (let i = 0; i < 10; i++) {
      now += 1_000_000;
      await journal.append([tick]);
    }
    for (const name of ['engine', 'notifier', 'registrar']) await journal.commit(name, journal.end());
    expect(await journal.trim(policy)).toBe(0);
    await journal.commit('writer', journal.end());
    expect(await journal.trim(policy)).toBeGreaterThan(0);
  });

  it('does not move a role back that has a place already', async () => {
    const journal: Journal = createMemoryJournal();
    await journal.append([tick, tick]);
    await journal.commit('engine', journal.end());
    await registerConsumers({ journal, registry: createMemoryRegistry() });
    expect(cursorSeq(journal.position('engine')!.cursor)).toBe(2);
  });

  it('is told of the places of roles that settle, though there was no tick', async () => {
    const journal = createMemoryJournal();
    const store = createMemorySeriesStore();
    const registry = createMemoryRegistry();
    await registerConsumers({ journal, registry });
    const roles = [
      new Role('writer', writer(journal, store), log),
      new Role('registrar', registrar(journal, registry), log),
      new Role('notifier', notifier(journal, []), log),
    ];
    for (const role of roles) role.start();
    await journal.append([
      { kind: 'hub-start', origin: 'live', payload: { version: '1', timeZone: 'UTC', delayMs: 1, idleAfterMs: 1 } },
    ]);
    for (const role of roles) expect(await role.past(journal.end(), 10_000)).toBe(true);
    const places = () => roles.map(({ name }) => journal.position(name)!.cursor);
    expect(places()).not.toContain(journal.end());
    for (const role of roles) role.settle();
    for (const role of roles) await role.stop();
    expect(places()).toEqual(roles.map(() => journal.end()));
  });
});
