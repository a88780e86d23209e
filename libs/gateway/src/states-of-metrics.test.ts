import { describe, expect, it } from '@jest/globals';
import { acceptanceFixture as fixture } from './acceptance-fixture.ts';
import { payloadsOf, readingsOf } from './gateway-fixture.ts';

/** `count` states from number `first` on: `{"7":"code-7"}`. */
function codes(first: number, count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [String(first + i), `code-${first + i}`]));
}

type Fixture = Awaited<ReturnType<typeof fixture>>;

function plant({ say, journal }: Fixture) {
  return {
    describe: (device: string, states: Record<string, string | null>) =>
      say(`city/plant/${device}/attributes`, { metrics: { fault: { states } } }),
    read: (device: string, fault: string) => say(`city/plant/${device}/telemetry`, { fault }),
    rejections: async () => (await payloadsOf(journal, 'rejections')).flat(),
    values: async () => (await readingsOf(journal)).map((reading) => reading.replace(/@.*=/, '=')),
    /** Of the last definition in the log, in `domain`. */
    defined: async (domain = 'plant') =>
      Object.values(
        (await payloadsOf(journal, 'device'))
          .flatMap(({ metrics }) => metrics ?? [])
          .findLast((metric) => metric.domain === domain)?.states ?? {},
      ),
  };
}

describe('the states that the hub knows of a metric', () => {
  it('grow to a bound over all devices; names beyond it are told of, at the first reading too, and hold for their device alone', async () => {
    const { describe, read, rejections, values, defined } = plant(await fixture({ limits: { maxStatesPerMetric: 4 } }));
    await describe('a', codes(0, 3));
    expect(await describe('b', codes(3, 2))).toBe('forward');
    const told = { reason: 'bad-description', pointer: '/metrics/fault/states', domain: 'plant', device: 'b' };
    expect(await rejections()).toMatchObject([{ ...told, detail: expect.stringMatching(/"fault" in "plant".* 4 /) }]);
    await describe('c', codes(2, 2));
    expect(await defined()).toEqual(['code-0', 'code-1', 'code-2', 'code-3']);
    for (const name of ['code-4', 'code-3', 'code-0']) await read('b', name);
    await read('a', 'code-4');
    expect(await values()).toEqual(['plant/b/fault=4', 'plant/b/fault=3', 'plant/b/fault=0']);
    const again = { reason: 'bad-description', pointer: '', device: 'b' };
    expect((await rejections()).slice(1)).toMatchObject([again, { reason: 'undeclared-text', device: 'a' }]);
  });

  it('do not grow beyond it by one device that replaces its own again and again, which is told each time', async () => {
    const { describe, rejections, defined } = plant(await fixture({ limits: { maxStatesPerMetric: 4 } }));
    for (let i = 0; i < 5; i++)
      await describe('a', { ...codes(2 * i, 2), ...(i > 0 && { [2 * i - 2]: null, [2 * i - 1]: null }) });
    await describe('a', codes(8, 2));
    expect(await defined()).toHaveLength(4);
    expect((await rejections()).map(({ reason }) => reason)).toEqual(new Array(4).fill('bad-description'));
  });

  it('grow to a bound over all metrics as well, also by one device that declares another metric each time', async () => {
    const { say, journal } = await fixture({
      limits: { maxStatesPerMetric: 4, maxStates: 10 },
      metrics: [{ domain: 'plant', metric: 'old', states: codes(0, 3) }],
    });
    for (let i = 0; i < 4; i++)
      await say('city/plant/a/attributes', { metrics: { [`m${i}`]: { states: codes(0, 3) }, [`m${i - 1}`]: null } });
    await say('city/plant/a/attributes', { metrics: { m9: { states: codes(0, 1) } } });
    const rejections = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejections.map(({ pointer }) => pointer)).toEqual(['/metrics/m2/states', '/metrics/m3/states']);
    expect(rejections[0]!.detail).toMatch(/ 10 .*over all metrics/);
    const defined = (await payloadsOf(journal, 'device')).flatMap(({ metrics }) => metrics ?? []);
    expect(defined.map(({ metric }) => metric)).toEqual(['m0', 'm1', 'm9']);
  });

  it('of one device leave room for those of others, whatever it takes back', async () => {
    const { say, journal } = await fixture({ limits: { maxStates: 100, maxStatesOfDevice: 6 } });
    for (let i = 0; i < 4; i++)
      await say('city/plant/a/attributes', { metrics: { [`m${i}`]: { states: codes(0, 3) }, [`m${i - 1}`]: null } });
    await say('city/plant/b/attributes', { metrics: { other: { states: codes(0, 3) } } });
    const rejections = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejections.map(({ device, pointer }) => [device, pointer])).toEqual([
      ['a', '/metrics/m2/states'],
      ['a', '/metrics/m3/states'],
    ]);
    expect(rejections[0]!.detail).toMatch(/ the device .* 6 /);
    const defined = (await payloadsOf(journal, 'device')).flatMap(({ metrics }) => metrics ?? []);
    expect(defined.map(({ metric }) => metric)).toEqual(['m0', 'm1', 'other']);
  });

  it('are kept where they are more than the bound already; a unit is still learnt', async () => {
    const states = codes(0, 6);
    const hub = await fixture({
      limits: { maxStatesPerMetric: 4 },
      metrics: [{ domain: 'plant', metric: 'fault', states }],
    });
    const { read, rejections, values } = plant(hub);
    await hub.say('city/plant/a/attributes', { metrics: { fault: { unit: '1', states: codes(4, 1) } } });
    expect(await rejections()).toEqual([]);
    await read('b', 'code-5');
    expect(await values()).toEqual(['plant/b/fault=5']);
    const [change] = await payloadsOf(hub.journal, 'device');
    expect(change?.metrics).toEqual([{ domain: 'plant', metric: 'fault', unit: '1', states }]);
  });

  it('are told of also where the first reading in another domain would make them too many', async () => {
    const hub = await fixture({
      limits: { maxStatesPerMetric: 4 },
      metrics: [{ domain: 'works', metric: 'fault', states: codes(0, 4) }],
    });
    const { describe, rejections, values } = plant(hub);
    await describe('a', codes(7, 1));
    for (const fault of ['code-7', 'code-0'])
      expect(await hub.say('city/works/a/telemetry', { fault })).toBe('forward');
    expect(await values()).toEqual(['works/a/fault=7', 'works/a/fault=0']);
    expect(await rejections()).toMatchObject([{ reason: 'bad-description', domain: 'works', device: 'a' }]);
    const posted = { source: 'POST', origin: 'live', sender: 'me' } as const;
    await describe('b', codes(8, 1));
    const body = Buffer.from(JSON.stringify([{ domain: 'works', device: 'b', values: { fault: 1 } }]));
    expect(await hub.acceptance.submit({ ...posted, body })).toMatchObject({
      accepted: 1,
      errors: [{ reason: 'bad-description', domain: 'works', device: 'b' }],
    });
    await describe('c', codes(9, 1));
    expect(await hub.say('city/works/c/telemetry/lp', 'works fault="code-9"')).toBe('forward');
    expect((await rejections()).at(-1)).toMatchObject({ reason: 'bad-description', domain: 'works', device: 'c' });
    const before = (await rejections()).length;
    await describe('c', codes(10, 1));
    expect((await rejections()).slice(before)).toMatchObject([
      { reason: 'bad-description', detail: expect.stringContaining('"fault" in "works"') },
    ]);
  });

  it('are held once for all who read it, and known to each as soon as one device has said them', async () => {
    const hub = await fixture();
    const { describe, read, values } = plant(hub);
    for (const device of ['a', 'b', 'c']) await hub.say(`city/plant/${device}/telemetry`, { fault: 0 });
    await describe('a', codes(0, 200));
    await read('b', 'code-150');
    expect((await values()).at(-1)).toBe('plant/b/fault=150');
    const slots = ['a', 'b', 'c'].map((device) => hub.directory.lane('plant', device).slots.get('fault')!);
    expect(new Set(slots.map(({ hub }) => hub)).size).toBe(1);
    expect(slots.map(({ ownStates }) => ownStates?.size)).toEqual([200, undefined, undefined]);
  });

  it('give way to the names of the device itself, whichever numbers these stand under', async () => {
    const hub = await fixture();
    const { describe, read, values } = plant(hub);
    await describe('a', { '0': 'idle', '5': 'open' });
    await describe('b', { '1': 'open' });
    for (const device of ['a', 'b']) await read(device, 'open');
    expect(await values()).toEqual(['plant/a/fault=5', 'plant/b/fault=1']);
  });

  it('that share a name mean the same number before and after a restart', async () => {
    const first = await fixture();
    const { describe, read, values } = plant(first);
    await describe('a', { '5': 'open' });
    await describe('b', { '1': 'open' });
    await read('c', 'open');
    const again = await fixture({
      metrics: [{ domain: 'plant', metric: 'fault', states: { '1': 'open', '5': 'open' } }],
    });
    await plant(again).read('c', 'open');
    expect(await plant(again).values()).toEqual(await values());
  });
});
