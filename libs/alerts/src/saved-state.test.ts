import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createEngine } from './engine.ts';
import { SAVED_AFTER, savedStateJournal } from './golden/saved-state-journal.ts';

const golden = JSON.parse(readFileSync(new URL('./golden/engine-state-1.json', import.meta.url), 'utf8')) as {
  state: string;
};

describe('a state that version 0.1 saved', () => {
  it('is gone on from as if the engine had never been another', () => {
    const entries = savedStateJournal();
    const whole = createEngine();
    const uninterrupted = entries.map((entry) => whole.feed(entry)).slice(SAVED_AFTER);
    const upgraded = createEngine(Uint8Array.from(Buffer.from(golden.state, 'base64')));
    const goneOn = entries.slice(SAVED_AFTER).map((entry) => upgraded.feed(entry));
    expect(uninterrupted.flat().length).toBeGreaterThan(5);
    expect(goneOn).toEqual(uninterrupted);
  });
});
