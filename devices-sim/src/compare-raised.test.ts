import { describe, expect, it } from '@jest/globals';
import { compareRaised, type Episode } from './compare-raised.ts';
import { scenarioSchema } from './scenario.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 8, 23);
const span = (from: string, to: string) => ({ from, to });
const scenario = scenarioSchema.parse({
  name: 'test',
  summary: 'One alert is raised.',
  duration: '10h',
  timeline: [],
  raises: [{ rule: 'smog', labels: { district: 'millrace' }, fires: span('1h', '2h'), resolves: span('5h', '6h') }],
  staysQuiet: [{ rule: 'flood' }],
});
const episode = (change: Partial<Episode> = {}): Episode => ({
  rule: 'smog',
  labels: { domain: 'environment', district: 'millrace' },
  firedAt: START + 1.5 * HOUR,
  resolvedAt: START + 6 * HOUR,
  ...change,
});

describe('compareRaised', () => {
  it('finds nothing where all is as the file says, nor in rules it does not speak of', () => {
    expect(compareRaised(scenario, START, [episode(), episode({ rule: 'my-own' })])).toEqual([]);
  });

  it.each<[string, Episode[], string[]]>([
    ['nothing raised', [], ['smog (district millrace) was not raised']],
    [
      'raised for another',
      [episode({ labels: { district: 'saltings' } })],
      [
        'smog (district millrace) was not raised',
        'smog (district saltings) was raised at 1h30m and should have stayed quiet',
      ],
    ],
    [
      'too late',
      [episode({ firedAt: START + 3 * HOUR })],
      ['smog (district millrace) fired at 3h00m, not between 1h00m and 2h00m'],
    ],
    ['never over', [episode({ resolvedAt: undefined })], ['smog (district millrace) has not resolved']],
    [
      'raised twice',
      [episode(), episode({ firedAt: START + 7 * HOUR })],
      ['smog (domain environment, district millrace) was raised at 7h00m and should have stayed quiet'],
    ],
    [
      'a rule that was to stay quiet',
      [episode(), episode({ rule: 'flood', labels: {} })],
      ['flood was raised at 1h30m and should have stayed quiet'],
    ],
  ])('tells of %s', (_what, episodes, differences) => {
    expect(compareRaised(scenario, START, episodes)).toEqual(differences);
  });
});
