import type { JournalEntry } from '@seawall/ports';
import { smog, TestJournal, type TestReading } from '../testing.ts';

const START = Date.parse('2026-01-10T00:00:00Z');
const MINUTE = 60_000;
const DEVICES = ['a', 'b', 'c', 'd'];

/** Where `engine-state-1.json` was saved: after this many entries. */
export const SAVED_AFTER = 103;

/** The journal of an hour and a half, always the same; device "d" falls silent in the middle. */
export function savedStateJournal(): readonly JournalEntry[] {
  const journal = new TestJournal();
  journal.hubStart(START, { timeZone: 'Europe/London', delayMs: 2 * MINUTE, idleAfterMs: 3 * MINUTE });
  journal.rule(smog({ window: '30m', every: '5m', clear: 120, for: '5m' }, { id: 'held', groupBy: ['district'] }));
  journal.rule(smog({ window: '5m', aggregate: 'max' }));
  journal.rule(
    smog({ window: '1h', every: '10m', aggregate: 'sum', above: 4000, early: true }, { id: 'all', groupBy: [] }),
  );
  journal.rule(smog({ window: '10m', aggregate: 'last', early: true }, { id: 'last' }));
  for (let minute = 0; minute < 90; minute++) {
    const clock = START + minute * MINUTE;
    const speaking = DEVICES.filter((device) => device !== 'd' || minute < 40 || minute > 60);
    journal.readings(
      speaking.map((device, i) => reading(device, i, minute, clock)),
      clock,
    );
    journal.tick(clock + MINUTE - 1);
  }
  return journal.entries;
}

function reading(device: string, i: number, minute: number, clock: number): TestReading {
  const wave = Math.sin((minute + 7 * i) / 11);
  return {
    device,
    time: clock - ((minute * 13 + i * 29) % 90) * 1000,
    value: 100 + 90 * wave,
    district: i < 2 ? 'north' : 'south',
  };
}
