import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createEngine } from './engine.ts';
import { SAVED_AFTER, savedStateJournal } from './golden/saved-state-journal.ts';

/** What each release's engine had saved after `SAVED_AFTER` entries. */
const SAVED = [['version 0.1 saved', 'engine-state-1.json']] as const;

describe.each(SAVED)('a state that %s', (_, file) => {
  const { state } = JSON.parse(readFileSync(new URL(`./golden/${file}`, import.meta.url), 'utf8')) as { state: string };

  it('is gone on from as if the engine had never been another', () => {
    const entries = savedStateJournal();
    const whole = createEngine();
    const uninterrupted = entries.map((entry) => whole.feed(entry)).slice(SAVED_AFTER);
    const upgraded = createEngine(Uint8Array.from(Buffer.from(state, 'base64')));
    const goneOn = entries.slice(SAVED_AFTER).map((entry) => upgraded.feed(entry));
    expect(uninterrupted.flat().length).toBeGreaterThan(5);
    expect(goneOn).toEqual(uninterrupted);
  });
});
