import { describe, expect, it } from '@jest/globals';
import { scenarioNames } from '@seawall/devices-sim';
import { liveThrough } from './live-through.ts';

const HOUR = 3_600_000;
/** A Wednesday, 06:00 UTC; every scenario must do as its file says from any start. */
const START = Date.UTC(2026, 8, 23, 6);
const DEVICES = 96;

describe('a hub that lives through', () => {
  it.each(scenarioNames())(
    '%s raises what its file says and nothing else, at the event times it says',
    async (scenario) => {
      // A week takes minutes; two days of it are lived here, all of it in `npm run scenarios`.
      const {
        differences,
        episodes,
        scenario: file,
      } = await liveThrough({
        scenario,
        devices: DEVICES,
        seed: 1,
        start: START,
        forMs: 36 * HOUR,
      });
      expect(differences).toEqual([]);
      expect(episodes).toHaveLength(file.raises.length);
    },
    240_000,
  );

  it('the same city twice has the same readings and the same transitions, but for their stamps', async () => {
    const life = { scenario: 'smog-episode', devices: 40, seed: 7, start: START };
    const one = await liveThrough(life);
    const two = await liveThrough(life);
    expect(one.stored).toBe(one.readings);
    expect(two.readingsHash).toBe(one.readingsHash);
    expect(one.transitions.length).toBeGreaterThan(0);
    expect(two.transitions).toEqual(one.transitions);
  }, 240_000);
});
