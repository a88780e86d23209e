import { describe, expect, it } from '@jest/globals';
import { acceptanceFixture as fixture } from './acceptance-fixture.ts';
import { payloadsOf } from './gateway-fixture.ts';

const BUS = 'city/traffic/bus-7';
const HOUR = 3_600_000;

describe('labels that attributes messages keep changing', () => {
  it('stay as they are beyond a bound, which is told by name and counted; the rest of the message is used', async () => {
    const { say, journal, clock, counters, deviceOf } = await fixture({ limits: { maxOwnLabelChanges: 3 } });
    for (let i = 0; i < 6; i++) {
      clock.now += 1000;
      expect(await say(`${BUS}/attributes`, { name: `n${i}`, district: `d${i}`, labels: { line: '7' } })).toBe(
        'forward',
      );
    }
    const bus = await deviceOf('bus-7');
    expect(bus?.labelSpans.map(({ labels }) => labels.district)).toEqual(['d0', 'd1', 'd2', 'd3']);
    expect(bus?.description).toEqual({ name: 'n5', district: 'd3', labels: { line: '7' } });
    const rejections = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejections).toHaveLength(2);
    expect(rejections[0]).toMatchObject({ reason: 'flapping-label', pointer: '/district', device: 'bus-7' });
    expect(rejections[0]!.detail).toMatch(/"district" of the device "bus-7" changes more than 3 times.*"d3" to "d4"/);
    expect(counters.rejected).toEqual({ 'flapping-label': 2 });
  });

  it('may change again as time goes by, and one that takes a label away counts as well', async () => {
    const { say, clock, reasons, deviceOf } = await fixture({ limits: { maxOwnLabelChanges: 2 } });
    for (const driver of ['a', null, 'b', null, 'c', null]) await say(`${BUS}/attributes`, { labels: { driver } });
    expect(await reasons()).toEqual([['flapping-label', '/labels/driver']]);
    expect((await deviceOf('bus-7'))?.description.labels).toEqual({ driver: 'c' });
    clock.now += 3 * HOUR;
    await say(`${BUS}/attributes`, { labels: { driver: 'd' } });
    expect((await deviceOf('bus-7'))?.description.labels).toEqual({ driver: 'd' });
  });

  it('have a larger bound than tags, and one of their own', async () => {
    const { say, reasons } = await fixture();
    for (let i = 0; i < 20; i++) await say(`${BUS}/telemetry/lp`, `traffic,route=r${i} speed=1`);
    expect(await reasons()).toHaveLength(7);
    for (let i = 0; i < 60; i++) await say(`${BUS}/attributes`, { district: `d${i}` });
    expect(await reasons()).toHaveLength(7);
  });
});

describe('beyond the bound', () => {
  const limits = { maxOwnLabelChanges: 1 };

  it('all labels are not taken away at once either', async () => {
    const { say, reasons, deviceOf } = await fixture({ limits });
    for (const labels of [{ driver: 'a' }, null, { driver: 'b', line: '7' }])
      await say(`${BUS}/attributes`, { labels });
    expect(await say(`${BUS}/attributes`, { labels: null })).toBe('drop');
    expect(await reasons()).toEqual([['flapping-label', '/labels/driver']]);
    expect((await deviceOf('bus-7'))?.description.labels).toEqual({ driver: 'b', line: '7' });
  });

  it('labels are not put there one by one and taken away together again and again', async () => {
    const { say, reasons, deviceOf } = await fixture({ limits: { maxOwnLabelChanges: 5 } });
    for (let round = 0; round < 2; round++) {
      for (const label of ['a', 'b', 'c']) await say(`${BUS}/attributes`, { labels: { [label]: 'x' } });
      await say(`${BUS}/attributes`, { labels: null });
    }
    expect(await reasons()).toEqual([['flapping-label', '/labels/a']]);
    expect((await deviceOf('bus-7'))?.description.labels).toEqual({ a: 'x', b: 'x', c: 'x' });
    for (let i = 0; i < 2; i++) await say(`${BUS}/attributes`, { labels: { a: `y${i}`, b: `y${i}`, c: `y${i}` } });
    expect(await reasons()).toHaveLength(1);
  });

  it('as many may be taken away at once as there are, if none was changed before', async () => {
    const { say, reasons } = await fixture({ limits: { maxOwnLabelChanges: 2 } });
    await say(`${BUS}/attributes`, { labels: { a: 'x', b: 'x', c: 'x' } });
    await say(`${BUS}/attributes`, { labels: null });
    expect(await reasons()).toEqual([]);
  });

  it('a message that says nothing else is neither forwarded nor retained', async () => {
    const { say } = await fixture({ limits });
    const sent = ['d0', 'd1', 'd2'].map((district) => say(`${BUS}/attributes`, { district }));
    expect(await Promise.all(sent)).toEqual(['forward', 'forward', 'drop']);
    expect(await say(`${BUS}/attributes`, { district: 'd1' })).toBe('forward');
  });

  it('a label holds back no field of its name', async () => {
    const { say, reasons, deviceOf } = await fixture({ limits });
    for (const interval of ['a', 'b', 'c']) await say(`${BUS}/attributes`, { labels: { interval }, interval: '9s' });
    await say(`${BUS}/attributes`, { labels: { interval: 'd' }, interval: '5s' });
    expect(await reasons()).toEqual(new Array(2).fill(['flapping-label', '/labels/interval']));
    expect((await deviceOf('bus-7'))?.description).toEqual({ interval: '5s', labels: { interval: 'b' } });
  });
});
