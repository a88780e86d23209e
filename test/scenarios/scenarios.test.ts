import { describe, expect, it } from '@jest/globals';
import { scenarioNames } from '@seawall/devices-sim';
import { compareRollups, type RollupCheck } from '../support/rollups-against-readings.ts';
import { liveThrough, type Life, type Lived } from './live-through.ts';

const HOUR = 3_600_000;
/** A Wednesday, 06:00 UTC; every scenario must do as its file says from any start. */
const START = Date.UTC(2026, 8, 23, 6);
/** One of every kind in every district where it makes sense. */
const DEVICES = 134;
const LONG = process.env.SEAWALL_LONG === '1';
const TWICE = 'burst-main';
/** With every kind of fault, so with readings that come late, twice and out of order. */
const STORM = 'typhoon';
/**
 * Of the week: all of it is lived in `npm run scenarios`. The storm's wind rises in its 7th hour, and its last alert is over
 * in its 23rd.
 */
const SHORTENED: Readonly<Record<string, Pick<Life, 'fromMs' | 'toMs'>>> = {
  'ordinary-week': { toMs: 12 * HOUR },
  ...(!LONG && { [STORM]: { fromMs: 5 * HOUR, toMs: 23 * HOUR } }),
};

const lifeOf = (scenario: string): Life => ({
  scenario,
  devices: DEVICES,
  seed: 1,
  start: START,
  ...SHORTENED[scenario],
});
/** The one that takes the longest stretch of the hub's ways; `npm run scenarios` lives all of them, and whole. */
const LIVED = LONG ? scenarioNames() : [STORM];
/** The main breaks at its third hour, and both rules have fired before its fourth. */
const TWICE_LIFE = LONG ? lifeOf(TWICE) : { ...lifeOf(TWICE), fromMs: 2 * HOUR, toMs: 4 * HOUR };
let first: Lived | undefined;

describe('a hub that lives through', () => {
  it.each(LIVED)(
    '%s raises what its file says and nothing else, at the event times it says',
    async (name) => {
      let rollups: RollupCheck | undefined;
      const look = async (dataDir: string) => void (rollups = await compareRollups(dataDir));
      const lived = await liveThrough(lifeOf(name), name === STORM ? { afterwards: look } : {});
      if (name === TWICE) first = lived;
      expect(lived.differences).toEqual([]);
      expect(lived.episodes).toHaveLength(lived.scenario.raises.length);
      expect(lived.stored).toBe(lived.readings);
      if (name === STORM) expect(rollups).toMatchObject({ readings: lived.stored, differences: [] });
    },
    240_000,
  );

  it('the same city twice has the same readings and the same transitions, but for their stamps', async () => {
    const again = await liveThrough(TWICE_LIFE);
    const before = first ?? (await liveThrough(TWICE_LIFE));
    expect(again.readingsHash).toBe(before.readingsHash);
    expect(new Set(again.episodes.map(({ rule }) => rule)).size).toBe(2);
    expect(again.transitions).toEqual(before.transitions);
  }, 240_000);
});
