import { describe, expect, it } from '@jest/globals';
import type { EntryDraft, JournalEntry, Registry } from '@seawall/ports';
import { alertTransition } from '@seawall/ports/contract';
import { createMemoryJournal, createMemoryRegistry } from '@seawall/ports/memory';
import { registrar } from './registrar.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

const transition = (id: string): EntryDraft => ({
  kind: 'transition',
  origin: 'live',
  payload: alertTransition(id, 'pending', 'firing'),
});
const rule: EntryDraft = {
  kind: 'rule',
  origin: 'live',
  payload: { id: 'smog', version: 1, rule: null, source: 'api' },
};

/** The role at work; the test ends its waits, and sees what was applied at a time. */
function atWork() {
  const journal = createMemoryJournal();
  const memory = createMemoryRegistry();
  const applied: (readonly JournalEntry['kind'][])[] = [];
  const registry: Registry = Object.assign(Object.create(memory) as Registry, {
    cursor: () => memory.cursor(),
    apply(...[entries, cursor]: Parameters<Registry['apply']>) {
      if (entries.length > 0) applied.push(entries.map(({ kind }) => kind));
      return memory.apply(entries, cursor);
    },
  });
  const waits: (() => void)[] = [];
  const abort = new AbortController();
  const gather = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      waits.push(resolve);
      signal.addEventListener('abort', () => resolve());
    });
  const running = registrar(journal, registry, gather)(() => undefined, abort.signal);
  const stop = () => {
    abort.abort();
    return running;
  };
  return { journal, applied, waits, stop };
}

describe('the registrar', () => {
  it('lists alerts after others have had time to tell of them, and those that came meanwhile together', async () => {
    const { journal, applied, waits, stop } = atWork();
    await journal.append([transition('a')]);
    await settled();
    expect(applied).toEqual([]);
    for (const id of ['b', 'c', 'd']) await journal.append([transition(id)]);
    waits[0]!();
    await settled();
    expect(applied).toEqual([['transition']]);
    waits[1]!();
    await settled();
    expect(applied.at(-1)).toEqual(['transition', 'transition', 'transition']);
    expect(waits).toHaveLength(2);
    await stop();
  });

  it('keeps nobody waiting who changes a rule', async () => {
    const { journal, applied, waits, stop } = atWork();
    await journal.append([rule]);
    await settled();
    expect(applied).toEqual([['rule']]);
    expect(waits).toEqual([]);
    await stop();
  });

  it('waits for nobody while it is behind', async () => {
    const { journal, applied, waits, stop } = atWork();
    await journal.append([transition('a')]);
    await settled();
    for (let i = 0; i < 2_500; i++) await journal.append([transition(`later-${i}`)]);
    waits[0]!();
    await settled();
    await settled();
    expect(applied.map(({ length }) => length)).toEqual([1, 1_000]);
    expect(waits).toHaveLength(2);
    await stop();
  });

  it('applies what it has read when it is told to stop', async () => {
    const { journal, applied, stop } = atWork();
    await journal.append([transition('a')]);
    await settled();
    await stop();
    expect(applied).toEqual([['transition']]);
  });
});
