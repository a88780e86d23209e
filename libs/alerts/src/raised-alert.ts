import { expect } from '@jest/globals';
import type { AlertTransition, Rule } from '@seawall/model';
import type { EntryDraft, JournalEntry } from '@seawall/ports';
import { createEngine, type Engine } from './engine.ts';
import { smog, TestJournal, type TestReading } from './testing.ts';

export const MINUTE = 60_000;
export const START = Date.parse('2026-01-10T12:00:00Z');

export const transitionOf = (draft: EntryDraft | undefined) => draft!.payload as AlertTransition;

export function feedAll(engine: Engine, entries: readonly JournalEntry[]): EntryDraft[] {
  return entries.flatMap((entry) => [...engine.feed(entry)]);
}

/** An engine whose rule has raised an alert for aq-1, with what it gave out for it. */
export function firing(rule: Rule = smog()): { journal: TestJournal; engine: Engine; raised: EntryDraft } {
  const journal = new TestJournal();
  const engine = createEngine();
  journal.hubStart(START);
  journal.rule(rule);
  journal.append({
    kind: 'device',
    origin: 'live',
    payload: {
      device: 'aq-1',
      description: { location: { lat: 51.5, lon: -0.1 } },
      labelSpans: [
        { from: -Infinity, labels: { district: 'harbour', type: 'station' } },
        { from: START + 15 * MINUTE, labels: { district: 'old-town', type: 'station' } },
      ],
      metrics: [{ domain: 'environment', metric: 'pm25', unit: 'ug/m3' }],
      receivedAt: START,
    },
  });
  journal.readings(at([0, 180], [5, 190], [11, 200]), START + 11 * MINUTE);
  const drafts = feedAll(engine, journal.entries);
  expect(drafts).toHaveLength(1);
  return { journal, engine, raised: drafts[0]! };
}

export function at(...values: [minute: number, value: number][]): TestReading[] {
  return values.map(([minute, value]) => ({
    device: 'aq-1',
    time: START + minute * MINUTE,
    value,
    district: 'harbour',
  }));
}
