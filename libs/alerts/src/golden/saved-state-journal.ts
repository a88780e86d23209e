import type { Rule } from '@seawall/model';
import type { JournalEntry } from '@seawall/ports';
import { smog, TestJournal, type TestReading } from '../testing.ts';

const START = Date.parse('2026-01-10T00:00:00Z');
const MINUTE = 60_000;
const DEVICES = ['a', 'b', 'c', 'd'];
const TIMING = { timeZone: 'Europe/London', delayMs: 2 * MINUTE, idleAfterMs: 3 * MINUTE };

const RULES_1: readonly Rule[] = [
  smog({ window: '30m', every: '5m', clear: 120, for: '5m' }, { id: 'held', groupBy: ['district'] }),
  smog({ window: '5m', aggregate: 'max' }),
  smog({ window: '1h', every: '10m', aggregate: 'sum', above: 4000, early: true }, { id: 'all', groupBy: [] }),
  smog({ window: '10m', aggregate: 'last', early: true }, { id: 'last' }),
];

const RULES_2: readonly Rule[] = [
  smog({ window: '10m', every: '2m', aggregate: 'p90', above: 170 }, { id: 'high', groupBy: ['district'] }),
  smog({ window: '20m', aggregate: 'rate', above: 0.2 }, { id: 'rise', groupBy: ['district'] }),
  smog({ session: '75s', aggregate: 'count', above: 3 }, { id: 'run' }),
  { id: 'silent', severity: 'minor', when: { domain: 'environment', absent: { missed: 2 } }, groupBy: ['gateway'] },
];

/** Where the states were saved: after this many entries. */
export const SAVED_AFTER = { 1: 103, 2: 130 } as const;

/** The journal of an hour and a half that version 0.1 read, always the same; device "d" falls silent in the middle. */
export function savedStateJournal(): readonly JournalEntry[] {
  const journal = new TestJournal();
  journal.hubStart(START, TIMING);
  for (const rule of RULES_1) journal.rule(rule);
  play(journal);
  return journal.entries;
}

/** The same with every kind of rule, devices that are described, and readings that come late. */
export function savedStateJournal2(): readonly JournalEntry[] {
  const journal = new TestJournal();
  journal.hubStart(START, { ...TIMING, allowedLatenessMs: 5 * MINUTE });
  for (const rule of [...RULES_1, ...RULES_2]) journal.rule(rule);
  for (const device of DEVICES) {
    const labelSpans = [{ from: -Infinity, labels: { district: 'north', gateway: 'gw' } }];
    const payload = { device, domain: 'environment', description: { interval: '90s' }, labelSpans, receivedAt: START };
    journal.append({ kind: 'device', origin: 'live', payload });
  }
  play(journal, (minute, clock) =>
    minute % 4 === 3 ? [{ device: 'a', time: clock - 7 * MINUTE + 1, value: 250, district: 'north' }] : [],
  );
  return journal.entries;
}

function play(journal: TestJournal, late: (minute: number, clock: number) => TestReading[] = () => []): void {
  for (let minute = 0; minute < 90; minute++) {
    const clock = START + minute * MINUTE;
    const speaking = DEVICES.filter((device) => device !== 'd' || minute < 40 || minute > 60);
    const readings = speaking.map((device, i) => reading(device, i, minute, clock));
    journal.readings([...readings, ...late(minute, clock)], clock);
    journal.tick(clock + MINUTE - 1);
  }
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
