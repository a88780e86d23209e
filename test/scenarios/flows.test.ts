import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { durationMs, formatRfc3339, wallTimeToEpochMs, zoned } from '@seawall/calendar';
import type { AlertTransition } from '@seawall/model';
import { parse } from 'yaml';
import { createEngine } from './engine.ts';
import { parseRule } from './rule-schema.ts';
import { TestJournal, type TestReading } from './testing.ts';

/** See libs/alerts/scenarios/README.md for what the fields mean. */
interface Scenario {
  readonly about: string;
  readonly day: string;
  readonly timeZone: string;
  readonly delay: string;
  readonly idleAfter: string;
  readonly until: string;
  readonly rule: unknown;
  readonly districts?: Readonly<Record<string, string>>;
  readonly readings: string;
  readonly transitions: string;
  readonly late?: number;
}

interface Arrival extends TestReading {
  readonly arrives: number;
}

const FOLDER = new URL('../scenarios/', import.meta.url);

describe('scenarios', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))) {
    const scenario = parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Scenario;
    it(`${file}: ${scenario.about}`, () => {
      const { transitions, late } = play(scenario);
      expect(transitions).toEqual(lines(scenario.transitions));
      expect(late).toBe(scenario.late ?? 0);
    });
  }
});

function play(scenario: Scenario): { transitions: string[]; late: number } {
  const { timeZone } = scenario;
  const engine = createEngine();
  const rule = parseRule(scenario.rule);
  const journal = new TestJournal();
  const arrivals = lines(scenario.readings).flatMap((line) => arrivalsOf(line, scenario));
  arrivals.sort((a, b) => a.arrives - b.arrives);
  let clock = arrivals[0]!.arrives;
  journal.hubStart(clock, {
    timeZone,
    delayMs: durationMs(scenario.delay),
    idleAfterMs: durationMs(scenario.idleAfter),
  });
  journal.rule(rule);
  for (const [device, district] of Object.entries(scenario.districts ?? {})) describeDevice(journal, device, district);
  for (const arrival of arrivals) {
    for (; clock + 1000 <= arrival.arrives; clock += 1000) journal.tick(clock + 1000);
    journal.readings([arrival], arrival.arrives, 'live', rule.when.metric!);
  }
  for (const end = timeOf(scenario.until, scenario); clock < end; clock += 1000) journal.tick(clock + 1000);
  const drafts = journal.entries.flatMap((entry) => engine.feed(entry));
  const transitions = drafts.map(({ payload }) => shown(payload as AlertTransition, scenario));
  return { transitions, late: engine.status().lateReadings[rule.id] ?? 0 };
}

function describeDevice(journal: TestJournal, device: string, district: string): void {
  const labelSpans = [{ from: -Infinity, labels: { district, type: 'unknown' } }];
  const description = { district };
  journal.append({ kind: 'device', origin: 'live', payload: { device, description, labelSpans, receivedAt: 0 } });
}

/** "12:00 to 13:00 every 10m  aq-1  187" or "12:07  aq-1  187  arrives 12:20". */
function arrivalsOf(line: string, scenario: Scenario): Arrival[] {
  const match = /^(\S+)(?: to (\S+) every (\S+))?\s+(\S+)\s+(-?[\d.]+)(?:\s+arrives (\S+))?$/.exec(line);
  if (match === null) throw new Error(`This line of readings can't be read: ${line}`);
  const [from, to, every, device, value, arrives] = match.slice(1);
  const start = timeOf(from!, scenario);
  const end = to === undefined ? start + 1 : timeOf(to, scenario);
  const step = durationMs(every ?? '1d');
  const district = scenario.districts?.[device!];
  const made: Arrival[] = [];
  for (let time = start; time < end; time += step) {
    const arrival = arrives === undefined ? time : timeOf(arrives, scenario);
    made.push({ device: device!, time, value: Number(value), arrives: arrival, ...(district && { district }) });
  }
  return made;
}

/** "13:05", "13:05:10" or "+1d/00:30", on the scenario's day and in its zone. */
function timeOf(text: string, { day, timeZone }: Scenario): number {
  const match = /^(?:\+(\d)d\/)?(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (match === null) throw new Error(`This is no time of a scenario: ${text}`);
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + Number(match[1] ?? 0));
  const [hour, minute, second] = [match[2], match[3], match[4] ?? 0].map(Number) as [number, number, number];
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  return wallTimeToEpochMs({ year, month, day: dayOfMonth, hour, minute, second }, timeZone);
}

function shown({ from, to, alert, because, levels }: AlertTransition, scenario: Scenario): string {
  const ends = alert.endsAt === null ? '' : ` to ${wall(alert.endsAt, scenario)}`;
  const subject = levels.subject ?? levels.district ?? levels.domain;
  return `${wall(alert.updatedAt, scenario)}  ${subject}  ${from} -> ${to}  from ${wall(alert.startsAt, scenario)}${ends}: ${because}`;
}

function wall(rfc3339: string, { day, timeZone }: Scenario): string {
  const at = zoned(Date.parse(rfc3339), timeZone);
  const days = (Date.parse(at.toPlainDate().toString()) - Date.parse(day)) / 86_400_000;
  const time = at.toPlainTime().toString({ smallestUnit: at.second === 0 ? 'minute' : 'second' });
  expect(formatRfc3339(at.epochMilliseconds)).toBe(rfc3339);
  return days === 0 ? time : `+${days}d/${time}`;
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
