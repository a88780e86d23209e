import { describe, expect, it } from '@jest/globals';
import { ReadingFlag, UNDESCRIBED, type Device } from '@seawall/model';
import { acceptanceFixture as fixture } from './acceptance-fixture.ts';
import { ARRIVAL, payloadsOf, readingsOf, until } from './gateway-fixture.ts';

const AQ = 'city/environment/aq-1';

describe('a description', () => {
  it('labels what comes after it; the first holds from the beginning of time', async () => {
    const { say, journal, clock } = await fixture();
    await say(`${AQ}/telemetry`, { m: 1 });
    await say(`${AQ}/attributes`, {
      name: 'N',
      type: 'aq',
      district: 'xiangzhou',
      labels: { vendor: 'acme' },
      location: { lat: 1, lon: 2 },
    });
    await say(`${AQ}/telemetry`, { ts: ARRIVAL - 1e6, values: { m: 2 } });
    const labels = (await payloadsOf(journal, 'readings')).map((batch) => batch.labels[0]);
    const described = { district: 'xiangzhou', type: 'aq', vendor: 'acme' };
    expect(labels).toEqual([UNDESCRIBED, described]);
    const [, change] = await payloadsOf(journal, 'device');
    expect(change).toMatchObject({ device: 'aq-1', labelSpans: [{ from: -Infinity, labels: described }] });
    clock.now += 1000;
    await say(`${AQ}/attributes`, { district: 'jinwan' });
    await say(`${AQ}/telemetry`, [
      { ts: ARRIVAL, values: { m: 3 } },
      { ts: ARRIVAL + 1000, values: { m: 4 } },
    ]);
    const last = (await payloadsOf(journal, 'readings')).at(-1)!;
    expect(last.labels.map(({ district }) => district)).toEqual(['xiangzhou', 'jinwan']);
    expect([...last.seriesIndex]).toEqual([0, 1]);
  });

  it('is merged by key, null deletes, and one that changes nothing is not stored again', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/attributes`, { site: 'roof', interval: '60s' });
    await say(`${AQ}/attributes`, { site: null, outOfService: true });
    expect(await say(`${AQ}/attributes`, { outOfService: true })).toBe('forward');
    const changes = await payloadsOf(journal, 'device');
    expect(changes.map(({ description }) => description)).toEqual([
      { site: 'roof', interval: '60s' },
      { interval: '60s', outOfService: true },
    ]);
  });

  it('sees in the same turn what came before, in arrival order', async () => {
    const { acceptance, commit, journal } = await fixture();
    const send = (kind: string, payload: unknown) =>
      acceptance.accept(
        { topic: `${AQ}/${kind}`, payload: Buffer.from(JSON.stringify(payload)), retain: false, clientId: 'c' },
        () => undefined,
      );
    send('telemetry', { m: 1 });
    send('attributes', { district: 'd1' });
    send('telemetry', { m: 2 });
    await commit.drain(1000);
    const [batch] = await payloadsOf(journal, 'readings');
    expect([...batch!.seriesIndex].map((index) => batch!.labels[index]!.district)).toEqual(['unknown', 'd1']);
  });

  it('flags what lies outside min–max, and stores it all the same', async () => {
    const { say, journal, counters, acceptance } = await fixture();
    await say(`${AQ}/attributes`, { metrics: { level: { min: 0, max: 3 } } });
    await say(`${AQ}/telemetry`, [{ level: 3 }, { level: 3.1 }, { level: -1 }]);
    const [batch] = await payloadsOf(journal, 'readings');
    expect([...batch!.flags]).toEqual([ReadingFlag.none, ReadingFlag.outOfRange, ReadingFlag.outOfRange]);
    expect(counters.outOfRangeReadings).toBe(2);
    expect([...batch!.value]).toEqual([3, 3.1, -1]);
    const body = Buffer.from(JSON.stringify([{ level: 9 }, { level: 2 }]));
    const posted = {
      body,
      source: 'POST',
      domain: 'environment',
      device: 'aq-1',
      origin: 'live',
      sender: 'me',
    } as const;
    expect(await acceptance.submit(posted)).toEqual({ accepted: 2, rejected: 0, outOfRange: 1, errors: [] });
    expect(counters.outOfRangeReadings).toBe(3);
  });

  it('names states, which then come as text', async () => {
    const { say, journal, reasons } = await fixture();
    await say(`${AQ}/attributes`, { metrics: { door: { states: { '0': 'closed', '1': 'open' } } } });
    await say(`${AQ}/telemetry`, [{ door: 'open' }, { door: 'closed' }, { door: 1 }, { door: 'ajar' }]);
    await say('city/environment/aq-2/telemetry', { door: 'open' });
    const values = (await payloadsOf(journal, 'readings')).flatMap((batch) => [...batch.value]);
    expect(values).toEqual([1, 0, 1, 1]);
    expect(await reasons()).toEqual([['undeclared-text', '/3/door']]);
    expect((await payloadsOf(journal, 'device'))[0]).toMatchObject({
      metrics: [{ domain: 'environment', metric: 'door', states: { '0': 'closed', '1': 'open' } }],
    });
  });

  it('with a contradiction is refused as a whole', async () => {
    const { say, reasons, directory } = await fixture();
    expect(await say(`${AQ}/attributes`, { metrics: { m: { min: 5, max: 1 } } })).toBe('drop');
    expect(await reasons()).toEqual([['bad-description', '/metrics']]);
    expect(directory.size).toBe(0);
  });

  it('is known again after a restart, with its labels’ history, units and status', async () => {
    const spans = [
      { from: -Infinity, labels: { district: 'a', type: 'unknown' } },
      { from: ARRIVAL, labels: { district: 'b', type: 'unknown' } },
    ];
    const device: Device = {
      id: 'aq-1',
      domains: ['environment'],
      description: { district: 'b', metrics: { t: { unit: '[degF]' } } },
      labelSpans: spans,
      status: 'online',
      firstSeen: 0,
    };
    const { say, journal } = await fixture({
      devices: [device],
      metrics: [{ domain: 'environment', metric: 't', unit: 'Cel' }],
    });
    await say(`${AQ}/telemetry`, [
      { ts: ARRIVAL - 1, values: { t: 212 } },
      { ts: ARRIVAL, values: { t: 32 } },
    ]);
    await say(`${AQ}/status`, 'online');
    const [batch] = await payloadsOf(journal, 'readings');
    expect(batch!.labels.map(({ district }) => district)).toEqual(['a', 'b']);
    expect(batch!.value[0]).toBeCloseTo(100, 9);
    expect(batch!.value[1]).toBeCloseTo(0, 9);
    expect(await payloadsOf(journal, 'device')).toEqual([]);
  });
});

describe('units', () => {
  it('are one for a domain and metric: the first declared; another that fits is converted', async () => {
    const { say, journal } = await fixture();
    await say('city/weather/a/attributes', { metrics: { temp: { unit: 'Cel' } } });
    await say('city/weather/b/attributes', { metrics: { temp: { unit: '[degF]', max: 100 } } });
    await say('city/weather/a/telemetry', { temp: 20 });
    await say('city/weather/b/telemetry', { temp: 212 });
    const batches = await payloadsOf(journal, 'readings');
    expect(batches[0]!.value[0]).toBe(20);
    expect(batches[1]!.value[0]).toBeCloseTo(100, 9);
    // 212 is above the device's own max of 100 [degF].
    expect(batches[1]!.flags[0]).toBe(ReadingFlag.outOfRange);
    expect((await payloadsOf(journal, 'device')).flatMap(({ metrics }) => metrics ?? [])).toEqual([
      { domain: 'weather', metric: 'temp', unit: 'Cel' },
    ]);
  });

  it('that measure something else are refused, at the description and at every reading', async () => {
    const { say, reasons, journal } = await fixture();
    await say('city/weather/a/attributes', { metrics: { temp: { unit: 'Cel' } } });
    await say('city/weather/b/attributes', { metrics: { temp: { unit: 'kPa' } } });
    expect(await say('city/weather/b/telemetry', { temp: 1, other: 2 })).toBe('forward');
    expect(await reasons()).toEqual([
      ['incommensurable-unit', '/metrics'],
      ['incommensurable-unit', '/temp'],
    ]);
    expect(await readingsOf(journal)).toEqual([`weather/b/other@${ARRIVAL}=2`]);
  });

  it('that do not fit are told each time they are declared, also when the description is the same as before', async () => {
    const { say, reasons } = await fixture({ metrics: [{ domain: 'weather', metric: 'temp', unit: 'Cel' }] });
    await say('city/weather/b/attributes', { metrics: { temp: { unit: 'kg' } } });
    await say('city/weather/b/attributes', { metrics: { temp: { unit: 'kg' } } });
    expect(await reasons()).toEqual([
      ['incommensurable-unit', '/metrics'],
      ['incommensurable-unit', '/metrics'],
    ]);
  });

  it('hold in another domain for themselves', async () => {
    const { say, reasons } = await fixture();
    await say('city/weather/a/attributes', { metrics: { temp: { unit: 'Cel' } } });
    await say('city/industry/b/attributes', { metrics: { temp: { unit: 'K' } } });
    await say('city/industry/a/telemetry', { temp: 1 });
    expect(await reasons()).toEqual([]);
  });

  it('that carry a value beyond a float are refused for that reading', async () => {
    const { say, reasons } = await fixture({ metrics: [{ domain: 'd', metric: 'm', unit: 'ug' }] });
    await say('city/d/x/attributes', { metrics: { m: { unit: 'kg' } } });
    await say('city/d/x/telemetry', { m: 1e308 });
    expect(await reasons()).toEqual([['not-a-number', '/m']]);
  });
});

describe('what is not stored yet', () => {
  it('is not counted as accepted', async () => {
    const { say, control, counters } = await fixture();
    control.hold();
    const waiting = say(`${AQ}/telemetry`, { m: 1, b: 'x' });
    await until(() => control.waiting() === 1);
    expect(counters).toMatchObject({ acceptedReadings: 0, rejected: {} });
    control.release();
    await waiting;
    expect(counters).toMatchObject({ acceptedReadings: 1, rejected: { 'undeclared-text': 1 } });
  });
});

describe('status', () => {
  it('is stored when it changes, and registers a device', async () => {
    const { say, journal } = await fixture();
    for (const state of ['online', 'online', '{"state":"offline"}', 'offline']) await say(`${AQ}/status`, state);
    expect(await payloadsOf(journal, 'device')).toEqual([
      { device: 'aq-1', domain: 'environment', status: 'online', receivedAt: ARRIVAL },
      { device: 'aq-1', status: 'offline', receivedAt: ARRIVAL },
    ]);
  });

  it('is taken from a will whose client is long gone', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/status`, 'offline', { clientId: null });
    expect(await payloadsOf(journal, 'device')).toMatchObject([{ status: 'offline' }]);
  });

  it('of another kind is refused', async () => {
    const { say, reasons } = await fixture();
    expect(await say(`${AQ}/status`, 'ON')).toBe('drop');
    expect(await reasons()).toEqual([['bad-status', '']]);
  });
});
