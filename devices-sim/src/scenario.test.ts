import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@seawall/model';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import { parseOffset } from './offset.ts';
import { loadScenario, RULES_FOLDER, scenarioNames, scenarioSchema, type Scenario } from './scenario.ts';
import { schedule } from './schedule.ts';
import { checkYaml } from './yaml-file.ts';

const MINUTE = 60_000;
const DAY_START = Date.UTC(2026, 8, 23);
const rules = readdirSync(RULES_FOLDER).map((file) => parse(readFileSync(`${RULES_FOLDER}/${file}`, 'utf8')) as Rule);

interface Episode {
  rule: string;
  labels: Record<string, string>;
  /** Offsets from the start, ms. */
  fires: number;
  resolves: number | undefined;
}

/** Minutes of the durations these rules use. */
function minutes(duration: string | undefined): number {
  return duration === undefined ? 0 : Number(duration.slice(0, -1)) * (duration.endsWith('h') ? 60 : 1);
}

/** The readings a rule looks at, by group: [offset, value]. */
function groupsOf(rule: Rule, scenario: Scenario, seed: number, start: number): Map<string, [number, number][]> {
  const city = new CityReadings(scenario, seed, start);
  const groups = new Map<string, [number, number][]>();
  for (const { device, eventTime } of schedule(cityDevices(), seed, start)) {
    if (eventTime >= start + scenario.duration) break;
    if (device.kind.domain !== rule.when.domain) continue;
    const value = city.read(device, eventTime)[rule.when.metric];
    if (value === undefined) continue;
    const [by] = rule.groupBy!;
    const group = by === 'device' ? device.id : device.description.district!;
    const known = groups.get(group);
    if (known) known.push([eventTime - start, value]);
    else groups.set(group, [[eventTime - start, value]]);
  }
  return groups;
}

/** The rule's arithmetic, written straight from the contract: a mean for each window, then `for` and `clear`. */
function episodesOf(rule: Rule, scenario: Scenario, seed: number, start: number): Episode[] {
  const { window, every, above, below, clear, for: holds, keepFiringFor } = rule.when;
  const length = minutes(window) * MINUTE;
  const step = minutes(every) * MINUTE;
  const beyond = (mean: number, limit: number) => (above === undefined ? mean < limit : mean > limit);
  const episodes: Episode[] = [];
  for (const [group, readings] of groupsOf(rule, scenario, seed, start)) {
    let trueSince: number | undefined;
    let clearSince: number | undefined;
    let open: Episode | undefined;
    let first = 0;
    const firstEnd = Math.ceil(start / step) * step - start + length;
    for (let end = firstEnd; end <= scenario.duration; end += step) {
      while (readings[first]![0] < end - length) first++;
      let last = first;
      let sum = 0;
      for (; last < readings.length && readings[last]![0] < end; last++) sum += readings[last]![1];
      const mean = sum / (last - first);
      trueSince = beyond(mean, (above ?? below)!) ? (trueSince ?? end) : undefined;
      clearSince = open && !beyond(mean, clear!) ? (clearSince ?? end) : undefined;
      if (!open && trueSince !== undefined && end - trueSince >= minutes(holds) * MINUTE) {
        open = { rule: rule.id, labels: { [rule.groupBy![0]!]: group }, fires: end, resolves: undefined };
        episodes.push(open);
      } else if (open && clearSince !== undefined && end - clearSince >= minutes(keepFiringFor) * MINUTE) {
        open.resolves = end;
        open = undefined;
      }
    }
  }
  return episodes;
}

const byLabels = (a: Episode | Scenario['raises'][number], b: typeof a) =>
  JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1;

describe.each(scenarioNames())('the scenario %s', (name) => {
  // The offsets count from any start, so the daily rhythm may stand anywhere under them.
  it.each([
    [1, DAY_START + 7 * 3_600_000 + 123_456],
    [2, DAY_START + 13 * 3_600_000],
    [42, DAY_START + 3 * 86_400_000 + 19 * 3_600_000 + 7],
  ])('raises what it says and nothing else (seed %d, start %d)', async (seed, start) => {
    const scenario = await loadScenario(name);
    const episodes = rules.flatMap((rule) => episodesOf(rule, scenario, seed, start)).sort(byLabels);
    const expected = scenario.raises.toSorted(byLabels);
    expect(episodes.map(({ rule, labels }) => ({ rule, labels }))).toEqual(
      expected.map(({ rule, labels }) => ({ rule, labels })),
    );
    for (const [i, { fires, resolves }] of expected.entries()) {
      const episode = episodes[i]!;
      expect(episode.fires >= fires.from && episode.fires <= fires.to).toBe(true);
      expect(episode.resolves! >= resolves.from && episode.resolves! <= resolves.to).toBe(true);
    }
  });

  it('says of every rule of the city what it raises or that it stays quiet', async () => {
    const { raises, staysQuiet } = await loadScenario(name);
    const spoken = new Set([...raises, ...staysQuiet].map(({ rule }) => rule));
    expect([...spoken].sort()).toEqual(rules.map(({ id }) => id).sort());
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

  it.each([
    ['from: 1h', 'from: 1 hour', /timeline\.0\.from: "1 hour" is not an offset/],
    ['to: 90m', 'to: 30m', /timeline\.0: an effect must end after it began/],
    ['pm25', 'pm2.5', /no simulated device measures "pm2\.5" in the domain "environment"/],
    ['duration: 2h', 'duration: 2h\nspeed: 3', /Unrecognized key: "speed"/],
    ['raises: []', 'raises: [', /is not YAML/],
  ])('says where it is wrong: %s', (from, to, sentence) => {
    expect(() => check(good.replace(from, to))).toThrow(sentence);
  });

  it('names the scenarios there are', async () => {
    await expect(loadScenario('smogg')).rejects.toThrow(/There are ordinary-day, smog-episode/);
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
