import { describe, expect, it } from '@jest/globals';
import { loadScenario, scenarioNames, scenarioSchema } from './scenario.ts';
import { cityRules, episodesOf } from './scenario-testing.ts';
import { parseOffset } from './offset.ts';
import { checkYaml } from './yaml-file.ts';

const HOUR = 3_600_000;
/** A Wednesday, midnight. */
const DAY_START = Date.UTC(2026, 8, 23);
/** The city everybody gets, and the smallest that has every kind in every district. */
const DEVICES = { default: 500, small: 134 };

type Start = readonly [seed: number, start: number, devices: number];

const FIRST: Start = [1, DAY_START + 7 * HOUR + 123_456, DEVICES.default];
const SECOND: Start = [7, Date.UTC(2027, 0, 11, 1, 30), DEVICES.small];
const MORE: readonly Start[] = [
  [2, DAY_START + 13 * HOUR, DEVICES.small],
  [42, DAY_START + 3 * 24 * HOUR + 19 * HOUR + 7, DEVICES.small],
  [3, Date.UTC(2027, 6, 2, 16, 45), DEVICES.small],
];

/** A week of the whole city takes half a minute, a typhoon seconds; they are for long runs. */
function startsOf(scenario: string): readonly Start[] {
  if (process.env.SEAWALL_LONG === '1') return [FIRST, SECOND, ...MORE];
  return ['ordinary-week', 'typhoon'].includes(scenario) ? [SECOND] : [FIRST, SECOND];
}

interface Told {
  readonly rule: string;
  readonly labels: Record<string, string>;
}

const nameOf = ({ rule, labels }: Told) => `${rule} ${JSON.stringify(labels)}`;

/** In words that a failing test shows. */
function inHours(offset: number | undefined): string {
  return offset === undefined ? 'never' : `${(offset / HOUR).toFixed(2)}h`;
}

describe.each(scenarioNames())('the scenario %s', (name) => {
  // The offsets count from any start, so the daily rhythm may stand anywhere under them; and from any season.
  it.each(startsOf(name))(
    'raises what it says and nothing else (seed %d, start %d, %d devices)',
    async (seed, start, devices) => {
      const scenario = await loadScenario(name);
      const episodes = episodesOf({ scenario, seed, start, devices });
      const inOrder = (a: Told & { from: number }, b: Told & { from: number }) =>
        nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : a.from - b.from;
      const raised = episodes.map((episode) => ({ ...episode, from: episode.fires })).sort(inOrder);
      const expected = scenario.raises.map((raise) => ({ ...raise, from: raise.fires.from })).sort(inOrder);
      expect(raised.map(nameOf)).toEqual(expected.map(nameOf));
      const wrong = expected.flatMap((raise, i) => {
        const { fires, resolves } = raised[i]!;
        const isInTime =
          fires >= raise.fires.from &&
          fires <= raise.fires.to &&
          resolves! >= raise.resolves.from &&
          resolves! <= raise.resolves.to;
        return isInTime ? [] : [`${nameOf(raise)} fires at ${inHours(fires)} and resolves at ${inHours(resolves)}`];
      });
      expect(wrong).toEqual([]);
    },
  );

  it('says of every rule of the city what it raises or that it stays quiet, and of none both', async () => {
    const { raises, staysQuiet } = await loadScenario(name);
    const spoken = new Set([...raises, ...staysQuiet].map(({ rule }) => rule));
    expect([...spoken].sort()).toEqual(cityRules.map(({ id }) => id).sort());
    for (const { rule, labels } of staysQuiet) {
      const raisedFor = raises.filter((raise) => raise.rule === rule).map((raise) => JSON.stringify(raise.labels));
      if (labels === undefined) expect(raisedFor).toEqual([]);
      else expect(raisedFor).not.toContain(JSON.stringify(labels));
    }
  });
});

describe('the check of a scenario', () => {
  const good = `
name: x
summary: y
duration: 2h
timeline:
  - { text: a, over: b, from: 1h, to: 90m, domain: environment, change: { pm25: { add: 1 } } }
raises: []
staysQuiet: []
`;
  const check = (text: string) => checkYaml('scenario', 'x.yaml', text, scenarioSchema);

  it('turns offsets into milliseconds', () => {
    expect(check(good).timeline[0]).toMatchObject({ from: 3_600_000, to: 5_400_000, rampUp: 0 });
  });

  it('lets a timeline change the world, there only by district', () => {
    const world = good.replace(
      'domain: environment, change: { pm25',
      'where: { district: [saltings] }, change: { rain',
    );
    expect(check(world).timeline[0]).toMatchObject({ change: { rain: { add: 1 } } });
    expect(() => check(world.replace('district', 'type'))).toThrow(/`where` can't say "type" here; it takes district/);
  });

  it('makes one alert of each combination of labels', () => {
    const raise =
      '{ rule: r, labels: { district: [a, b], x: y }, fires: { from: 0, to: 1h }, resolves: { from: 1h, to: 2h } }';
    const { raises, staysQuiet } = check(
      good
        .replace('raises: []', `raises: [${raise.replace('from: 0', 'from: "0"')}]`)
        .replace('staysQuiet: []', 'staysQuiet: [{ rule: q }, { rule: r, labels: { district: [c, d] } }]'),
    );
    expect(raises.map(({ labels }) => labels)).toEqual([
      { district: 'a', x: 'y' },
      { district: 'b', x: 'y' },
    ]);
    expect(staysQuiet).toEqual([
      { rule: 'q' },
      { rule: 'r', labels: { district: 'c' } },
      { rule: 'r', labels: { district: 'd' } },
    ]);
  });

  it.each([
    ['from: 1h', 'from: 1 hour', /timeline\.0\.from: "1 hour" is not an offset/],
    ['to: 90m', 'to: 30m', /timeline\.0: an effect must end after it began/],
    ['pm25', 'pm2.5', /no simulated device measures "pm2\.5" in the domain "environment"/],
    ['domain: environment, ', '', /the world has no condition "pm25", it has rain, wind, .* give their `domain`/],
    ['domain: environment,', 'domain: environment, where: { distrct: [x] },', /`where` can't say "distrct" here/],
    [
      'domain: environment,',
      'domain: environment, where: { district: [x] },',
      /there is no district "x"; there are harb/,
    ],
    ['duration: 2h', 'duration: 2h\nspeed: 3', /Unrecognized key: "speed"/],
    ['raises: []', 'raises: [', /is not YAML/],
  ])('says where it is wrong: %s', (from, to, sentence) => {
    expect(() => check(good.replace(from, to))).toThrow(sentence);
  });

  it('names the scenarios there are', async () => {
    await expect(loadScenario('smogg')).rejects.toThrow(
      /There are burst-main, football-night, ordinary-week, power-cut, smog-episode, typhoon/,
    );
    await expect(loadScenario('/nowhere/a.yaml')).rejects.toThrow(/no such file/);
  });
});

describe('parseOffset', () => {
  it.each([
    ['0', 0],
    ['90m', 5_400_000],
    ['9h30m', 34_200_000],
    ['0h5s', 5_000],
    ['1.5h', undefined],
    ['', undefined],
    ['h', undefined],
  ])('reads %j', (text, ms) => expect(parseOffset(text)).toBe(ms));
});
