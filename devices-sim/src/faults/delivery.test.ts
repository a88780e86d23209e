import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cityDevices } from '../city.ts';
import { CityReadings } from '../city-readings.ts';
import { loadScenario, scenarioSchema } from '../scenario.ts';
import { schedule } from '../schedule.ts';
import { CityFaults } from './city-faults.ts';
import { Delivery, payloadOf, type Sample } from './delivery.ts';
import { WEAR_CELL_MS } from './everyday-wear.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const START = Date.UTC(2026, 8, 23);
const devices = cityDevices(60);
const loops = devices.filter(({ kind }) => kind.type === 'loop-detector');

function cityWith(faults: readonly object[], seed = 1) {
  const scenario = scenarioSchema.parse({
    name: 'test',
    summary: 'Devices fail.',
    duration: '24h',
    timeline: [],
    faults: faults.map((fault) => ({ text: 'It fails.', over: 'It is well.', ...fault })),
    raises: [],
    staysQuiet: [],
  });
  const readings = new CityReadings(scenario, seed, START);
  const held = new CityFaults(scenario.faults, seed, START);
  return { readings, held, delivery: new Delivery(readings, held, seed) };
}

/** A loop detector that everyday wear leaves alone in the first hours, so that a fault is seen alone. */
const loop = loops.find((device) => {
  const { held } = cityWith([]);
  return Array.from({ length: 12 * 60 }, (_, i) => START + i * MINUTE).every((at) => held.at(device, at).length === 0);
})!;
const appointments = (from: number, to: number) => {
  const times: number[] = [];
  for (const { eventTime } of schedule([loop], 1, START + from)) {
    if (eventTime >= START + to) return times;
    times.push(eventTime);
  }
  return times;
};
const spoken = ({ delivery }: ReturnType<typeof cityWith>, from: number, to: number): Sample[] =>
  appointments(from, to).flatMap((at) => delivery.messages(loop, at).flatMap(({ samples }) => [...samples]));
const only = { domain: 'traffic', where: { device: [loop.id] } };

describe('a delivery', () => {
  it('is a pure function of seed, device and event time: any order, any number of times', () => {
    const faults = [
      { kind: 'dropout', from: '1h', to: '2h', share: 0.3 },
      { kind: 'stuck', domain: 'traffic', metric: 'speed', from: '2h', to: '5h', share: 0.5 },
      { kind: 'drift', domain: 'environment', metric: 'pm25', perHour: 3, from: '0', to: '9h' },
      { kind: 'clock-skew', by: '-90s', from: '3h', to: '7h', share: 0.5 },
      { kind: 'duplicates', part: 0.4, from: '0', to: '12h' },
      { kind: 'late-burst', from: '6h', to: '8h', share: 0.5 },
      { kind: 'garbled', domain: 'traffic', metric: 'flow', part: 0.3, from: '0', to: '12h' },
    ];
    const one = cityWith(faults);
    const two = cityWith(faults);
    const asked = fc.array(fc.tuple(fc.nat(devices.length - 1), fc.nat(12 * 60)), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(asked, (pairs) => {
        const ask =
          ({ delivery, held }: ReturnType<typeof cityWith>) =>
          ([device, minute]: [number, number]) => [
            delivery.messages(devices[device]!, START + minute * MINUTE),
            held.at(devices[device]!, START + minute * MINUTE),
          ];
        expect(pairs.toReversed().map(ask(two)).toReversed()).toEqual(pairs.map(ask(one)));
      }),
      { numRuns: 50 },
    );
  });

  it('says the truth where nothing fails', () => {
    const city = cityWith([]);
    for (const at of appointments(0, HOUR)) {
      const values = city.readings.read(loop, at);
      expect(city.delivery.messages(loop, at)).toMatchObject([{ samples: [{ ts: at, values }], as: 'live' }]);
    }
  });

  it('says nothing during a dropout, and nothing of it later', () => {
    const city = cityWith([{ kind: 'dropout', from: '1h', to: '2h', ...only }]);
    expect(spoken(city, 0, 3 * HOUR).map(({ ts }) => ts)).toEqual([
      ...appointments(0, HOUR),
      ...appointments(2 * HOUR, 3 * HOUR),
    ]);
  });

  it('sends what a lost link held back at once when it returns, in order, with its own event times', () => {
    const city = cityWith([{ kind: 'late-burst', from: '1h', to: '4h', ...only }]);
    expect(spoken(city, 0, 5 * HOUR)).toEqual(spoken(cityWith([]), 0, 5 * HOUR));
    expect(spoken(city, HOUR, 4 * HOUR)).toEqual([]);
    const [back] = appointments(4 * HOUR, 5 * HOUR);
    const messages = city.delivery.messages(loop, back!);
    expect(messages.map(({ as, samples }) => [as, samples.length])).toEqual([
      ['burst', 100],
      ['burst', 80],
      ['live', 1],
    ]);
  });

  it('repeats the last value of a stuck metric and lets the others live', () => {
    const city = cityWith([{ kind: 'stuck', metric: 'speed', from: '1h', to: '3h', ...only }]);
    const during = spoken(city, HOUR, 3 * HOUR);
    const before = spoken(city, 0, HOUR).at(-1)!;
    expect(new Set(during.map(({ values }) => values.speed))).toEqual(new Set([before.values.speed]));
    expect(new Set(during.map(({ values }) => values.flow)).size).toBeGreaterThan(10);
    expect(spoken(city, 3 * HOUR, 4 * HOUR)).toEqual(spoken(cityWith([]), 3 * HOUR, 4 * HOUR));
  });

  it('prints a text in place of a number in a part of the messages, and the other metrics as they are', () => {
    const city = cityWith([
      { kind: 'garbled', metric: 'flow', part: 0.25, prints: '---', from: '0', to: '12h', ...only },
    ]);
    const truth = spoken(cityWith([]), 0, 12 * HOUR);
    const during = spoken(city, 0, 12 * HOUR);
    const wrong = during.filter(({ texts = {} }) => Object.keys(texts).length > 0);
    expect(wrong.length / during.length).toBeGreaterThan(0.2);
    expect(wrong.length / during.length).toBeLessThan(0.3);
    for (const [i, { values, texts }] of during.entries()) {
      const { flow, ...others } = truth[i]!.values;
      const isWrong = texts?.flow !== undefined;
      expect(values).toEqual(isWrong ? others : { flow, ...others });
    }
    const message = appointments(0, 12 * HOUR)
      .flatMap((at) => city.delivery.messages(loop, at))
      .find(({ samples }) => samples[0]!.texts?.flow !== undefined)!;
    expect(message.readings).toBe(2);
    expect(JSON.parse(payloadOf(message))).toMatchObject({
      values: { flow: '---', speed: message.samples[0]!.values.speed },
    });
  });

  it('drifts away by the hour, up to the end of the range', () => {
    const city = cityWith([{ kind: 'drift', metric: 'occupancy', perHour: 10, from: '0', to: '12h', ...only }]);
    const truth = spoken(cityWith([]), 0, 12 * HOUR);
    for (const [i, { ts, values }] of spoken(city, 0, 12 * HOUR).entries()) {
      const expected = Math.min(100, truth[i]!.values.occupancy! + (10 * (ts - START)) / HOUR);
      expect(Math.abs(values.occupancy! - expected)).toBeLessThanOrEqual(0.051);
    }
  });

  it('puts a wrong clock into ts and leaves the values', () => {
    const city = cityWith([{ kind: 'clock-skew', by: '-90s', from: '1h', to: '2h', ...only }]);
    const truth = spoken(cityWith([]), HOUR, 2 * HOUR);
    expect(spoken(city, HOUR, 2 * HOUR)).toEqual(truth.map(({ ts, values }) => ({ ts: ts - 90_000, values })));
  });

  it('sends about the given part of the messages twice', () => {
    const { delivery } = cityWith([{ kind: 'duplicates', part: 0.25, from: '0', to: '12h', ...only }]);
    const messages = appointments(0, 12 * HOUR).map((at) => delivery.messages(loop, at));
    const twice = messages.filter(({ length }) => length === 2);
    expect(twice.length / messages.length).toBeGreaterThan(0.2);
    expect(twice.length / messages.length).toBeLessThan(0.3);
    for (const [first, second] of twice) expect(second!.samples).toEqual(first!.samples);
  });

  it('measures in another unit, and says so only where that is declared', () => {
    const units = { kind: 'units', metric: 'speed', unit: 'm/s', from: '1h', to: '2h', ...only };
    const silent = cityWith([{ ...units, declared: false }]);
    const [truth] = spoken(cityWith([]), HOUR, 2 * HOUR);
    const [wrong] = spoken(silent, HOUR, 2 * HOUR);
    expect(wrong!.values.speed).toBeCloseTo(truth!.values.speed! / 3.6, 6);
    expect(silent.delivery.description(loop, START + 1.5 * HOUR)).toBe(loop.description);
    const honest = cityWith([{ ...units, declared: true }]);
    expect(honest.delivery.description(loop, START + 1.5 * HOUR).metrics!.speed).toMatchObject({ unit: 'm/s', min: 0 });
    expect(honest.delivery.description(loop, START + 2 * HOUR)).toBe(loop.description);
  });
});

describe('the ground truth', () => {
  it('names the faults that hold a device at a time, and picks a share of the devices by the seed', () => {
    const { held } = cityWith([{ kind: 'dropout', from: '1h', to: '2h', share: 0.5 }]);
    const out = (at: number) =>
      devices.filter((device) => held.at(device, at).some(({ origin }) => origin === 'scenario'));
    expect(out(START + HOUR - 1)).toEqual([]);
    expect(out(START + 2 * HOUR)).toEqual([]);
    expect(out(START + HOUR).length).toBeGreaterThan(devices.length / 4);
    expect(out(START + HOUR).length).toBeLessThan((devices.length * 3) / 4);
    expect(out(START + 2 * HOUR - 1)).toEqual(out(START + HOUR));
    expect(held.ofScenario(devices)[0]!.devices).toEqual(out(START + HOUR));
  });
});

describe('everyday wear', () => {
  it('is small: short, within its six hours, a clock off by 20 s at most, and as frequent as documented', async () => {
    const city = cityDevices(1000);
    const held = new CityFaults((await loadScenario('smog-episode')).faults, 3, START);
    const kinds = new Map<string, number>();
    for (const device of city) {
      const seen = new Set<string>();
      for (let at = START; at < START + WEAR_CELL_MS; at += MINUTE) {
        for (const fault of held.at(device, at).filter(({ origin }) => origin === 'wear')) {
          seen.add(fault.kind);
          if (fault.kind === 'clock-skew') expect(Math.abs(fault.by)).toBeLessThanOrEqual(21_000);
          if (fault.kind !== 'dropout' && fault.kind !== 'late-burst') continue;
          expect(fault.to - fault.from).toBeLessThanOrEqual(8 * MINUTE);
          expect(Math.floor(fault.from / WEAR_CELL_MS)).toBe(Math.floor(fault.to / WEAR_CELL_MS));
        }
      }
      for (const kind of seen) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    for (const [kind, least, most] of [
      ['dropout', 15, 50],
      ['late-burst', 8, 38],
      ['duplicates', 22, 62],
      ['garbled', 8, 34],
      ['clock-skew', 30, 75],
    ] as const) {
      expect(kinds.get(kind)).toBeGreaterThanOrEqual(least);
      expect(kinds.get(kind)).toBeLessThanOrEqual(most);
    }
  });
});

describe('the check of a fault', () => {
  const check = (fault: object) => cityWith([fault]) && 'fine';
  const dropout = { kind: 'dropout', from: '1h', to: '2h' };

  it.each([
    [{ ...dropout, to: '30m' }, /a fault must end after it began/],
    [{ ...dropout, kind: 'nap' }, /kind/],
    [{ ...dropout, speed: 3 }, /Unrecognized key.*speed/],
    [{ ...dropout, domain: 'farming' }, /no simulated device publishes in the domain .*farming/],
    [{ ...dropout, kind: 'late-burst', to: '26h' }, /24h at most/],
    [{ ...dropout, kind: 'stuck', domain: 'traffic', metric: 'pm25' }, /no simulated device measures .*pm25/],
    [{ ...dropout, kind: 'clock-skew', by: '4 minutes' }, /is not a difference of time/],
    [
      { ...dropout, kind: 'units', domain: 'traffic', metric: 'speed', unit: 'Cel', declared: true },
      /is not turned into .*Cel.*; give .*m\/s/,
    ],
  ])('says in a sentence what is wrong with %j', (fault, sentence) => {
    expect(() => check(fault)).toThrow(sentence);
  });
});
