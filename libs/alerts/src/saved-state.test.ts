import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { AlertTransition } from '@seawall/model';
import { createEngine } from './engine.ts';
import { SAVED_AFTER, savedStateJournal, savedStateJournal2 } from './golden/saved-state-journal.ts';
import { smog, TestJournal } from './testing.ts';

/** What engines had saved of a journal. */
const SAVED = [
  ['version 0.1 saved', 'engine-state-1.json', savedStateJournal(), SAVED_AFTER[1]],
  ['was saved in format 2', 'engine-state-2.json', savedStateJournal2(), SAVED_AFTER[2]],
  ['was saved in format 3', 'engine-state-3.json', savedStateJournal2(), SAVED_AFTER[2]],
] as const;

describe.each(SAVED)('a state that %s', (_, file, entries, after) => {
  it('is gone on from as if the engine had never been another', () => {
    const { state } = JSON.parse(readFileSync(new URL(`./golden/${file}`, import.meta.url), 'utf8')) as {
      state: string;
    };
    const whole = createEngine();
    const uninterrupted = entries.map((entry) => whole.feed(entry)).slice(after);
    const upgraded = createEngine(Uint8Array.from(Buffer.from(state, 'base64')));
    const goneOn = entries.slice(after).map((entry) => upgraded.feed(entry));
    expect(uninterrupted.flat().length).toBeGreaterThan(5);
    expect(goneOn).toEqual(uninterrupted);
  });
});

it('the journal of formats 2 and 3 has alerts of every rule, and corrections', () => {
  const engine = createEngine();
  const said = savedStateJournal2().flatMap((entry) =>
    engine.feed(entry).map(({ payload }) => payload as AlertTransition),
  );
  const rules = new Set(said.map(({ alert }) => alert.rule));
  expect([...rules].sort()).toEqual(['all', 'high', 'held', 'last', 'rise', 'run', 'silent', 'smog'].sort());
  expect(said.some(({ because }) => because.startsWith('corrected'))).toBe(true);
  expect(engine.status().counts['smog']!.revised).toBeGreaterThan(0);
});

it('a state with many rules is saved in as many steps at least', () => {
  const journal = new TestJournal();
  journal.hubStart(0, {});
  for (let i = 0; i < 300; i++) journal.rule(smog({ above: i }, { id: `rule-${i}` }), 1, `rule-${i}`, 0);
  const engine = createEngine();
  for (const entry of journal.entries) engine.feed(entry);
  let steps = 0;
  for (const saving = engine.saving(); saving.next().done !== true;) steps++;
  expect(steps).toBeGreaterThanOrEqual(300);
});
