import { describe, expect, it } from '@jest/globals';
import type { Device, DeviceDescription } from '@seawall/model';
import { acceptanceFixture as fixture } from './acceptance-fixture.ts';
import { payloadsOf, until } from './gateway-fixture.ts';

const AQ = 'city/environment/aq-1';
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** Metrics whose description takes about `kilobytes`; from number `first` on. */
function wide(kilobytes: number, first = 0): DeviceDescription {
  const states = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [String(i), `${i}-${'s'.repeat(90)}`]));
  return { metrics: Object.fromEntries(Array.from({ length: kilobytes }, (_, i) => [`m${first + i}`, { states }])) };
}

function known(description: DeviceDescription): Device {
  const labelSpans = [{ from: -Infinity, labels: { district: 'a', type: 'unknown' } }];
  return { id: 'aq-1', domains: ['environment'], description, labelSpans, status: 'unknown', firstSeen: 0 };
}

describe('a description', () => {
  it('grows to a bound in bytes; what would make it larger is refused as a whole and told', async () => {
    const { say, journal, deviceOf } = await fixture({ limits: { maxDescriptionBytes: 5000 } });
    await say(`${AQ}/attributes`, wide(4));
    expect(await say(`${AQ}/attributes`, { name: 'N', ...wide(2, 4) })).toBe('drop');
    const [rejection] = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejection).toMatchObject({
      reason: 'bad-description',
      pointer: '',
      detail: expect.stringContaining('5,000'),
    });
    expect((await deviceOf('aq-1'))?.description).toEqual(wide(4));
    expect(await say(`${AQ}/attributes`, { name: 'N', metrics: { m0: null } })).toBe('forward');
    expect(Object.keys((await deviceOf('aq-1'))?.description.metrics ?? {})).toEqual(['m1', 'm2', 'm3']);
  });

  it('counts its bytes, not its characters', async () => {
    const { say, reasons } = await fixture({ limits: { maxDescriptionBytes: 300 } });
    await say(`${AQ}/attributes`, { name: 'ü'.repeat(120) });
    await say(`${AQ}/attributes`, { site: 'ü'.repeat(120) });
    expect(await reasons()).toEqual([['bad-description', '']]);
  });

  it('that is larger already is kept, and may change as long as it does not grow', async () => {
    const before = { name: 'abc', ...wide(8) };
    const { say, reasons, deviceOf } = await fixture({
      limits: { maxDescriptionBytes: 5000 },
      devices: [known(before)],
    });
    await say(`${AQ}/attributes`, { name: 'xyz' });
    await say(`${AQ}/attributes`, { name: 'longer' });
    expect((await deviceOf('aq-1'))?.description).toEqual({ ...before, name: 'xyz' });
    await say(`${AQ}/attributes`, { name: 'longer', metrics: { m7: null } });
    expect((await deviceOf('aq-1'))?.description).toEqual({ name: 'longer', ...wide(7) });
    expect(await reasons()).toEqual([['bad-description', '']]);
  });

  it('counts with all that it brings for as long as it waits for the disk', async () => {
    const { say, control, commit, acceptance } = await fixture({ devices: [known(wide(50))] });
    control.hold();
    const waiting = say(`${AQ}/attributes`, { name: 'N' });
    await until(() => control.waiting() === 1);
    expect(commit.heldBytes).toBeGreaterThan(bytesOf(wide(50)));
    const body = Buffer.from(JSON.stringify({ m0: 1 }));
    const before = commit.heldBytes;
    const posted = { body, source: 'POST', domain: 'other', device: 'aq-1', origin: 'live', sender: 'me' } as const;
    const submitted = acceptance.submit(posted);
    expect(commit.heldBytes - before).toBeGreaterThan(1000);
    control.release();
    await Promise.all([waiting, submitted]);
    expect(commit.heldBytes).toBe(0);
  });
});

describe('several changes of one device in one append', () => {
  it('go into the log as one, with the last description and all labels there were', async () => {
    const hub = await fixture({ devices: [known(wide(50))] });
    const { control, commit, journal } = hub;
    await hub.say(`${AQ}/attributes`, { interval: '60s' });
    control.hold();
    const first = hub.say('city/environment/other/status', 'online');
    await until(() => control.waiting() === 1);
    const all = [first];
    all.push(hub.say(`${AQ}/attributes`, { district: 'b' }));
    const one = commit.heldBytes;
    hub.clock.now += 1000;
    for (let i = 0; i < 50; i++) all.push(hub.say(`${AQ}/attributes`, { name: `n${i}` }));
    expect(commit.heldBytes).toBeLessThan(2 * one);
    control.release();
    await Promise.all(all);
    const changes = (await payloadsOf(journal, 'device')).filter(({ device }) => device === 'aq-1').slice(1);
    expect(changes).toHaveLength(1);
    expect(changes[0]!.description).toEqual({ name: 'n49', district: 'b', interval: '60s', ...wide(50) });
    expect(changes[0]!.labelSpans!.map(({ labels }) => labels.district)).toEqual(['a', 'b']);
    expect(changes[0]!.receivedAt).toBe(hub.clock.now);
    expect(commit.heldBytes).toBe(0);
  });

  it('leave in their places its registration, its status, and the definitions that it made', async () => {
    const { say, control, journal, deviceOf } = await fixture();
    control.hold();
    const state = (number: number) => ({ metrics: { door: { states: { [number]: `s${number}` } } } });
    const first = say('city/environment/z/status', 'online');
    await until(() => control.waiting() === 1);
    const all = [first];
    all.push(say('city/environment/a/attributes', state(0)));
    all.push(say('city/environment/a/status', 'online'));
    all.push(say('city/environment/b/attributes', state(1)));
    for (const number of [2, 3]) all.push(say('city/environment/a/attributes', state(number)));
    for (const site of ['roof', 'yard']) all.push(say('city/environment/c/attributes', { site }));
    control.release();
    await Promise.all(all);
    const changes = (await payloadsOf(journal, 'device')).slice(1);
    const shape = changes.map(({ device, domain, description, status, metrics }) => [
      device,
      domain ?? null,
      Object.keys(description?.metrics?.door?.states ?? {}),
      status ?? null,
      Object.keys(metrics?.[0]?.states ?? {}),
    ]);
    expect(shape).toEqual([
      ['a', 'environment', [], null, ['0']],
      ['a', null, [], 'online', []],
      ['b', 'environment', ['1'], null, ['0', '1']],
      ['a', null, [], null, ['0', '1', '2']],
      ['a', null, ['0', '2', '3'], null, ['0', '1', '2', '3']],
      ['c', 'environment', [], null, []],
      ['c', null, [], null, []],
    ]);
    expect(await deviceOf('a')).toMatchObject({ domains: ['environment'], status: 'online' });
    expect(await deviceOf('c')).toMatchObject({ domains: ['environment'], description: { site: 'yard' } });
  });
});
