import { describe, expect, it } from '@jest/globals';
import type { EngineStatus } from '@seawall/alerts';
import { LateReadings } from './late-readings.ts';

const MINUTE = 60_000;

/** The status of an engine that has counted so many. */
function counted(late: Record<string, number>): EngineStatus {
  const counts = Object.fromEntries(
    Object.entries(late).map(([rule, n]) => [rule, { late: n, revised: 9, pushedOn: 9 }]),
  );
  return { rules: 1, scopes: 0, openSlices: 0, counts, alerts: { pending: 0, firing: 0 }, refusedRules: [] };
}

describe('late readings', () => {
  it('are told once a minute, those that have come since', () => {
    const late = new LateReadings(counted({ smog: 5 }));
    expect(late.since(0, () => counted({ smog: 7, gale: 1 }))).toEqual({ smog: 2, gale: 1 });
    const tooSoon = () => {
      throw new Error('it is not to be looked at yet');
    };
    expect(late.since(MINUTE - 1, tooSoon)).toBeUndefined();
    expect(late.since(MINUTE, () => counted({ smog: 7, gale: 4 }))).toEqual({ gale: 3 });
    expect(late.since(2 * MINUTE, () => counted({ smog: 7, gale: 4 }))).toBeUndefined();
  });

  it('of a rule that was replaced count from nothing', () => {
    const late = new LateReadings(counted({ smog: 5 }));
    expect(late.since(0, () => counted({ smog: 3 }))).toEqual({ smog: 3 });
    expect(late.since(MINUTE, () => counted({}))).toBeUndefined();
    expect(late.since(2 * MINUTE, () => counted({ smog: 1 }))).toEqual({ smog: 1 });
  });
});
