import { describe, expect, it } from '@jest/globals';
import { UNDESCRIBED, type Rejection } from '@seawall/model';
import { acceptanceFixture as fixture } from './acceptance-fixture.ts';
import { ARRIVAL, entriesOf, payloadsOf, readingsOf, until } from './gateway-fixture.ts';

const AQ = 'city/environment/aq-1';

describe('telemetry', () => {
  it('is stored with its own time or that of its arrival, and registers its device', async () => {
    const { say, journal, clock } = await fixture();
    expect(await say(`${AQ}/telemetry`, { ts: ARRIVAL - 5, values: { pm25: 12.1 } })).toBe('forward');
    clock.now += 1000;
    await say(`${AQ}/telemetry`, { pm25: 13 });
    expect(await readingsOf(journal)).toEqual([
      `environment/aq-1/pm25@${ARRIVAL - 5}=12.1`,
      `environment/aq-1/pm25@${ARRIVAL + 1000}=13`,
    ]);
    expect(await payloadsOf(journal, 'device')).toEqual([
      { device: 'aq-1', domain: 'environment', receivedAt: ARRIVAL },
    ]);
    expect((await entriesOf(journal)).map(({ kind }) => kind)).toEqual(['device', 'readings', 'readings']);
  });

  it('registers a device once for each domain', async () => {
    const { say, journal, directory } = await fixture();
    for (const domain of ['a', 'b', 'a', 'b']) await say(`city/${domain}/x/telemetry`, { m: 1 });
    expect((await payloadsOf(journal, 'device')).map(({ domain }) => domain)).toEqual(['a', 'b']);
    expect(directory.size).toBe(1);
  });

  it('uses the same series and label objects in every batch', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/telemetry`, { m: 1 });
    await say(`${AQ}/telemetry`, { m: 2 });
    const [first, second] = await payloadsOf(journal, 'readings');
    expect(first!.series[0]).toBe(second!.series[0]);
    expect(first!.labels[0]).toBe(UNDESCRIBED);
    expect(second!.labels[0]).toBe(UNDESCRIBED);
  });

  it('keeps the good and rejects the bad of one message, with its sender’s device', async () => {
    const { say, journal, counters } = await fixture();
    expect(await say(`${AQ}/telemetry`, '{"a":1,"b":"x","c":1e999}')).toBe('forward');
    expect(await readingsOf(journal)).toEqual([`environment/aq-1/a@${ARRIVAL}=1`]);
    const [rejections] = await payloadsOf(journal, 'rejections');
    expect(rejections).toMatchObject([
      {
        reason: 'undeclared-text',
        pointer: '/b',
        device: 'aq-1',
        domain: 'environment',
        topic: `${AQ}/telemetry`,
        receivedAt: ARRIVAL,
        sample: '"x"',
      },
      { reason: 'not-a-number', pointer: '/c' },
    ]);
    expect(counters.rejected).toEqual({ 'undeclared-text': 1, 'not-a-number': 1 });
    expect(counters.acceptedReadings).toBe(1);
  });

  it('does not register a device that sent nothing usable', async () => {
    const { say, journal, directory } = await fixture();
    expect(await say(`${AQ}/telemetry`, 'rubbish')).toBe('drop');
    expect(await say(`${AQ}/telemetry`, { door: 'ajar' })).toBe('drop');
    expect(directory.size).toBe(0);
    expect(await payloadsOf(journal, 'device')).toEqual([]);
  });

  it('is refused where a device has too many series, and goes on for the known ones', async () => {
    const { say, reasons, journal } = await fixture({ limits: { maxSeriesPerDevice: 2 } });
    await say(`${AQ}/telemetry`, { a: 1, b: 2, c: 3 });
    await say('city/other/aq-1/telemetry', { a: 1 });
    await say(`${AQ}/telemetry`, { b: 4 });
    expect(await reasons()).toEqual([
      ['too-many-series', '/c'],
      ['too-many-series', '/a'],
    ]);
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('is refused where the hub has too many devices', async () => {
    const { say, reasons, directory } = await fixture({ limits: { maxDevices: 1 } });
    await say('city/d/a/telemetry', { m: 1 });
    expect(await say('city/d/b/telemetry', { m: 1 })).toBe('drop');
    expect(await say('city/d/b/status', 'online')).toBe('drop');
    expect(await reasons()).toEqual([
      ['too-many-series', '/m'],
      ['too-many-series', ''],
    ]);
    expect(directory.size).toBe(1);
  });

  it('is refused where a device is known in too many domains, by any door, and goes on in the known ones', async () => {
    const { say, reasons, journal, directory } = await fixture({ limits: { maxDomainsPerDevice: 2 } });
    await say('city/a/d/telemetry', { m: 1 });
    await say('city/b/d/status', 'online');
    expect(await say('city/c/d/telemetry', { m: 1 })).toBe('drop');
    expect(await say('city/c/d/telemetry/lp', 'c m=1')).toBe('drop');
    expect(await say('city/c/d/attributes', { name: 'x' })).toBe('drop');
    expect(await say('city/c/d/status', 'offline')).toBe('drop');
    expect(directory.lane('a', 'd').device).toMatchObject({ description: {}, status: 'online' });
    await say('city/b/d/telemetry', { m: 1 });
    expect(await reasons()).toEqual([
      ['too-many-series', '/m'],
      ['too-many-series', '/1/m'],
      ['too-many-series', ''],
      ['too-many-series', ''],
    ]);
    expect(await readingsOf(journal)).toHaveLength(2);
    expect((await payloadsOf(journal, 'device')).filter(({ domain }) => domain === 'c')).toEqual([]);
  });

  it('passes an empty retained message, which clears the topic, and stores nothing', async () => {
    const { say, journal } = await fixture();
    expect(await say(`${AQ}/telemetry`, '', { retain: true })).toBe('forward');
    expect(await entriesOf(journal)).toEqual([]);
  });
});

describe('topics', () => {
  it('outside the tenant pass and are stored nowhere', async () => {
    const { say, journal } = await fixture();
    expect(await say('elsewhere/x', 'anything')).toBe('forward');
    expect(await entriesOf(journal)).toEqual([]);
  });

  it.each([
    ['city/alerts/critical/x', 'reserved-topic'],
    [`${AQ}/errors`, 'reserved-topic'],
    [`${AQ}/commands`, 'not-built'],
    [`${AQ}/telemetry/senml`, 'not-built'],
    ['city/environment', 'bad-topic'],
  ])('%s is acknowledged, rejected as %s and not forwarded', async (topic, reason) => {
    const { say, reasons } = await fixture();
    expect(await say(topic, { a: 1 })).toBe('drop');
    expect(await reasons()).toEqual([[reason, '']]);
  });

  it('of another tenant’s name are held to the grammar instead', async () => {
    const { say, reasons } = await fixture();
    await say('citys/a/b/c/d', 'x');
    expect(await reasons()).toEqual([]);
  });
});

describe('what waits for a slow disk', () => {
  it('counts the payload of messages on other topics, too', async () => {
    const { acceptance, commit, control, say } = await fixture();
    control.hold();
    const first = say(`${AQ}/telemetry`, { m: 1 });
    await until(() => control.waiting() === 1);
    const before = commit.heldBytes;
    const foreign = say('elsewhere/x', 'x'.repeat(100_000));
    expect(commit.heldBytes).toBeGreaterThanOrEqual(before + 100_000);
    acceptance.rejectPacket(
      { reason: 'too-large', detail: 'x', topic: `city/${'é'.repeat(30_000)}`, pointer: '', sample: '' },
      'c',
    );
    control.release();
    await Promise.all([first, foreign]);
    await commit.drain(1000);
    expect(commit.heldBytes).toBe(0);
  });
});

describe('a rejection', () => {
  const keptOf = async (journal: Parameters<typeof payloadsOf>[0]) => (await payloadsOf(journal, 'rejections')).flat();

  it('is short, however long the names are that a message is full of', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/telemetry`, { ['k'.repeat(100_000)]: Object.fromEntries([...'abcdefgh'].map((key) => [key, 1])) });
    const kept = await keptOf(journal);
    expect(kept).toHaveLength(8);
    expect(JSON.stringify(kept).length).toBeLessThan(8 * 1024);
  });

  it('is of no device where the request names what can be none', async () => {
    const { acceptance, journal } = await fixture();
    const place = {
      source: 'POST /x',
      origin: 'live',
      sender: '',
      domain: 'd'.repeat(10_000),
      device: 'aq-1',
    } as const;
    const { errors } = await acceptance.submit({ ...place, body: Buffer.from('[1,2]') });
    expect(errors).toHaveLength(2);
    expect(await keptOf(journal)).toEqual(errors);
    expect(errors[0]).toMatchObject({ device: 'aq-1' });
    expect(errors[0]).not.toHaveProperty('domain');
  });

  it('of a body that could not be read is kept, counted, and as short', async () => {
    const { acceptance, journal, counters } = await fixture();
    const names = { domain: 'd'.repeat(10_000), device: 'aq-1' };
    const cut = { reason: 'bad-encoding', detail: 'x', topic: 'POST /x', pointer: '', sample: '', ...names } as const;
    await acceptance.reject(cut, 'import');
    expect(counters.rejected).toEqual({ 'bad-encoding': 1 });
    expect(await entriesOf(journal)).toMatchObject([{ kind: 'rejections', origin: 'import' }]);
    expect((await keptOf(journal))[0]).toEqual({
      reason: 'bad-encoding',
      detail: 'x',
      topic: 'POST /x',
      pointer: '',
      sample: '',
      device: 'aq-1',
      receivedAt: ARRIVAL,
    });
  });
});

describe('a packet that was cut off', () => {
  it('is a rejection with the beginning of its topic', async () => {
    const { acceptance, commit, journal, counters } = await fixture();
    const topic = `city/${'é'.repeat(30_000)}`;
    acceptance.rejectPacket({ reason: 'too-large', detail: 'x', topic, pointer: '', sample: '' }, 'c');
    expect(commit.heldBytes).toBeGreaterThan(2 * 512);
    await commit.drain(1000);
    const [[rejection]] = (await payloadsOf(journal, 'rejections')) as [[Rejection]];
    expect(rejection.topic).toBe(topic.slice(0, 512));
    expect(counters.rejected).toEqual({ 'too-large': 1 });
  });
});
