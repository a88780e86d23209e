import { describe, expect, it } from '@jest/globals';
import { ReadingFlag, UNDESCRIBED, type Device, type Rejection } from '@seawall/model';
import { JournalUnavailableError, KeyReusedError, OverloadedError, type TelemetrySubmission } from '@seawall/ports';
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

describe('exactly once', () => {
  const once = (packetId: number, dup: boolean) => ({ exactlyOnce: { packetId, dup } });

  it('stores a packet that comes again with DUP one time, at its first arrival', async () => {
    const { say, journal, clock, counters } = await fixture();
    await say(`${AQ}/telemetry`, '{"m":1,"bad":"x"}', once(7, false));
    clock.now += 1000;
    expect(await say(`${AQ}/telemetry`, '{"m":1,"bad":"x"}', once(7, true))).toBe('forward');
    expect(await readingsOf(journal)).toEqual([`environment/aq-1/m@${ARRIVAL}=1`]);
    expect(await payloadsOf(journal, 'rejections')).toHaveLength(1);
    expect(counters).toMatchObject({ acceptedReadings: 1, rejected: { 'undeclared-text': 1 }, messages: 2 });
  });

  it('takes an id with DUP and other content for a new message, good and bad readings alike', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/telemetry`, { values: { a: 1, b: 'text' } }, once(5, false));
    await say(`${AQ}/telemetry`, { values: { a: 2, b: 'text2' } }, once(5, true));
    expect(await readingsOf(journal)).toHaveLength(2);
    expect((await payloadsOf(journal, 'rejections')).flat()).toHaveLength(2);
  });

  it('is for one client and one packet, whatever the client is called', async () => {
    const { say, journal } = await fixture();
    const packet = { m: 1, bad: 'x' };
    for (const clientId of ['c', 'c/1', '["c"]', 'c/7/rejections', 'c","7'])
      for (const packetId of [1, 7, 17]) await say(`${AQ}/telemetry`, packet, { clientId, ...once(packetId, true) });
    expect(await readingsOf(journal)).toHaveLength(15);
  });

  it('takes an id without DUP for a new message', async () => {
    const { say, journal } = await fixture();
    for (let i = 0; i < 3; i++) await say(`${AQ}/telemetry`, { m: 1 }, once(7, false));
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('takes an id with DUP for a new message once it was released', async () => {
    const { say, journal, acceptance } = await fixture();
    await say(`${AQ}/telemetry`, { m: 1 }, once(7, false));
    acceptance.released('c', 7);
    await say(`${AQ}/telemetry`, { m: 1 }, once(7, true));
    expect(await readingsOf(journal)).toHaveLength(2);
  });

  it('takes an id with DUP and other content for a new message', async () => {
    const { say, journal } = await fixture();
    await say(`${AQ}/telemetry`, { m: 1 }, once(7, false));
    await say(`${AQ}/telemetry`, { m: 2 }, once(7, true));
    expect(await readingsOf(journal)).toHaveLength(2);
  });
});

describe('a submission', () => {
  const submission = (body: unknown, more: Partial<TelemetrySubmission> = {}): TelemetrySubmission => ({
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    source: 'POST /api/v1/telemetry',
    origin: 'live',
    sender: 'me',
    ...more,
  });
  const body = [
    { domain: 'd', device: 'x', values: { m: 1, bad: 'text' } },
    { domain: 'd', device: 'y', ts: ARRIVAL, values: { m: 2 } },
    { domain: 'alerts', device: 'y', values: { m: 2 } },
    { domain: 'd', device: 'a/b', values: { m: 2 } },
  ];

  it('is stored before it is answered, with what was rejected', async () => {
    const { acceptance, journal } = await fixture();
    const receipt = await acceptance.submit(submission(body, { origin: 'import' }));
    expect(receipt).toMatchObject({ accepted: 2, rejected: 3 });
    expect(receipt.errors.map(({ reason, pointer }) => [reason, pointer])).toEqual([
      ['undeclared-text', '/0/values/bad'],
      ['reserved-topic', '/2'],
      ['bad-name', '/3'],
    ]);
    expect(await readingsOf(journal)).toEqual([`d/x/m@${ARRIVAL}=1`, `d/y/m@${ARRIVAL}=2`]);
    expect((await entriesOf(journal)).map(({ kind, origin }) => `${kind} ${origin}`)).toEqual([
      'device import',
      'device import',
      'readings import',
      'rejections import',
    ]);
  });

  it('under the same key is stored once and answered the same', async () => {
    const { acceptance, journal, clock } = await fixture();
    const first = await acceptance.submit(submission(body, { idempotencyKey: 'k' }));
    clock.now += 60_000;
    expect(await acceptance.submit(submission(body, { idempotencyKey: 'k' }))).toEqual(first);
    expect(await readingsOf(journal)).toHaveLength(2);
    expect(await payloadsOf(journal, 'rejections')).toHaveLength(1);
    await acceptance.submit(submission(body, { idempotencyKey: 'k', sender: 'you' }));
    expect(await readingsOf(journal)).toHaveLength(4);
  });

  it('is answered as the first time, though today it would be judged otherwise', async () => {
    const { acceptance, clock } = await fixture();
    const ahead = [{ ts: ARRIVAL + 600_000, values: { m: 1 } }, { values: { m: 2 } }];
    const more = { idempotencyKey: 'k', domain: 'd', device: 'x' };
    const first = await acceptance.submit(submission(ahead, more));
    expect(first).toMatchObject({ accepted: 1, rejected: 1 });
    clock.now += 600_000;
    expect(await acceptance.submit(submission(ahead, more))).toEqual(first);
  });

  it('under a key that was used for another body is refused', async () => {
    const { acceptance, journal } = await fixture();
    await acceptance.submit(submission(body, { idempotencyKey: 'k' }));
    await expect(
      acceptance.submit(submission({ domain: 'd', device: 'x', values: { m: 9 } }, { idempotencyKey: 'k' })),
    ).rejects.toThrow(KeyReusedError);
    expect(await readingsOf(journal)).toHaveLength(2);
  });

  it('under a key like that of another’s rejections, or of another sender, has nothing to do with it', async () => {
    const { acceptance, journal } = await fixture();
    await acceptance.submit(submission(body, { idempotencyKey: 'k1' }));
    const other = { domain: 'd', device: 'x', ts: ARRIVAL, values: { m: 9 } };
    for (const [sender, idempotencyKey] of [
      ['me', 'k1/rejections'],
      ['me/a', 'b'],
      ['me', 'a/b'],
      ['me","a', 'b'],
    ] as const) {
      expect(await acceptance.submit(submission(other, { sender, idempotencyKey }))).toMatchObject({ accepted: 1 });
    }
    expect(await readingsOf(journal)).toHaveLength(6);
  });

  it('under a used key is told of its own key, not of the hub’s', async () => {
    const { acceptance } = await fixture();
    await acceptance.submit(submission(body, { idempotencyKey: 'k1' }));
    const again = acceptance.submit(submission('{"domain":"d","device":"x","m":9}', { idempotencyKey: 'k1' }));
    await expect(again).rejects.toThrow(/^The idempotency key "k1" was used for another body/);
  });

  it('counts what it stored once', async () => {
    const { acceptance, counters } = await fixture();
    for (let i = 0; i < 2; i++) await acceptance.submit(submission(body, { idempotencyKey: 'k' }));
    expect(counters.acceptedReadings).toBe(2);
    expect(Object.values(counters.rejected)).toEqual([1, 1, 1]);
  });

  it('that waits for the disk is told of', async () => {
    const { acceptance, commit, control, clock } = await fixture();
    control.hold();
    const waiting = acceptance.submit(submission(body));
    clock.now += 700;
    expect(commit.oldestWaitMs).toBe(700);
    control.release();
    await waiting;
    expect(commit).toMatchObject({ oldestWaitMs: 0, heldBytes: 0 });
  });

  it('is not answered when the journal can not be written, and the device is registered later', async () => {
    const { acceptance, control, journal, commit, say } = await fixture();
    control.failing = true;
    await expect(acceptance.submit(submission(body))).rejects.toThrow(JournalUnavailableError);
    control.failing = false;
    await say('city/d/x/telemetry', { m: 3 });
    await commit.drain(5000);
    expect((await payloadsOf(journal, 'device')).map(({ device }) => device)).toEqual(['x', 'y']);
    expect(await readingsOf(journal)).toEqual([`d/x/m@${ARRIVAL}=3`]);
    expect(commit.heldBytes).toBe(0);
  });

  it('is told to come back while more is held than allowed', async () => {
    const { acceptance, control } = await fixture({ limits: { maxHeldBytes: 1000 } });
    control.hold();
    const waiting = acceptance.submit(submission({ domain: 'd', device: 'x', values: { ['m'.repeat(100)]: 1 } }));
    await expect(acceptance.submit(submission(`${' '.repeat(1000)}`))).rejects.toThrow(OverloadedError);
    control.release();
    expect(await waiting).toMatchObject({ accepted: 1 });
  });

  it('may hold more readings than an MQTT message, up to its own bound', async () => {
    const { acceptance, say, reasons } = await fixture({
      limits: { maxReadingsPerMessage: 2, maxReadingsPerSubmission: 3 },
    });
    const values = { a: 1, b: 2, c: 3, d: 4 };
    await say('city/d/x/telemetry', values);
    expect(await acceptance.submit(submission({ domain: 'd', device: 'x', values }))).toMatchObject({
      accepted: 3,
      rejected: 1,
    });
    expect(await reasons()).toEqual([
      ['too-many-readings', '/c'],
      ['too-many-readings', '/values/d'],
    ]);
  });
});
