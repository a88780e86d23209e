import { describe, expect, it } from '@jest/globals';
import type { Alert } from '@seawall/model';
import type { Episode, Scenario } from '@seawall/devices-sim';
import { alertLine, knownPast, raisedLines } from './city-report.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 8, 23, 6);
const SCENARIO = {
  raises: [
    {
      rule: 'gale',
      labels: { district: 'saltings' },
      fires: { from: HOUR, to: 2 * HOUR },
      resolves: { from: 3 * HOUR, to: 4 * HOUR },
    },
  ],
  staysQuiet: [{ rule: 'heavy-rain' }],
} as unknown as Scenario;
const RULES = ['gale', 'heavy-rain', 'one-of-its-own'];
const GALE: Episode = {
  rule: 'gale',
  labels: { district: 'saltings' },
  firedAt: START + 1.5 * HOUR,
  resolvedAt: START + 3.5 * HOUR,
};

describe('the line of an alert', () => {
  const alert = {
    state: 'firing',
    severity: 'major',
    summary: 'Smog',
    labels: { district: 'mill' },
    startsAt: '2026-11-24T03:00:50.000Z',
    updatedAt: '2026-11-24T03:00:50.000Z',
    evidence: { windowEnd: '2026-11-24T03:01:00.000Z' },
  } as unknown as Alert;

  it('is stamped with the end of the window that decided, but never ahead of the clock', () => {
    expect(alertLine(alert)).toContain('2026-11-24 03:00Z  ALERT major: Smog  district=mill');
    expect(alertLine({ ...alert, updatedAt: '2026-11-24T08:00:00.000Z' })).toContain('2026-11-24 03:01Z  ALERT');
  });
});

describe('the verdict on what a city raised', () => {
  it('says whether it was as the file says, and what was otherwise', () => {
    expect(raisedLines(SCENARIO, START, [GALE], RULES, false)).toEqual([
      '1 alerts raised, 1 of them over: as its file says.',
    ]);
    const [first, ...differences] = raisedLines(SCENARIO, START, [], RULES, false);
    expect(first).toBe('0 alerts raised, 0 of them over. Its file says otherwise:');
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain('gale (district saltings)');
  });

  it('judges nothing that the hub could not raise: rules it has not, a past it knows already', () => {
    const judged = (rules: readonly string[] | undefined, isPastKnown: boolean) =>
      raisedLines(SCENARIO, START, [], rules, isPastKnown);
    expect(judged(['gale'], false)).toEqual([expect.stringContaining("city's rules (heavy-rain)")]);
    expect(judged(undefined, false)).toEqual([expect.stringContaining('could not be asked')]);
    expect(judged(RULES, true)).toEqual([expect.stringContaining('had later readings of this city before')]);
    expect(knownPast(START)).toContain('up to 2026-09-23 06:00Z already');
  });
});
