import { describe, expect, it } from '@jest/globals';
import { UNDESCRIBED } from '@seawall/model';
import fc from 'fast-check';
import { acceptanceFixture } from './acceptance-fixture.ts';
import { foreignName } from './foreign-name.ts';
import { ARRIVAL, payloadsOf, readingsOf } from './gateway-fixture.ts';
import { subjectFault } from './topic.ts';

const ns = (ms: number) => `${ms}000000`;
const NOW = ns(ARRIVAL);
const TELEGRAF = { telegrafTopic: 'telegraf' };
const LP = 'city/environment/aq-1/telemetry/lp';

/** Says a line on Telegraf's topic, where the tags name the device as they do over HTTP. */
async function telegraf(options = {}) {
  const fixture = await acceptanceFixture({ ...TELEGRAF, ...options });
  const line = (text: string) => fixture.say('telegraf/web01/x', text);
  return { ...fixture, line };
}

describe('a line’s device', () => {
  it.each([
    ['m,device=d,host=h v=1', 'm/d'],
    ['m,host=h v=1', 'm/h'],
    ['m v=1', 'm/web01'],
    ['a/b,host=x#1 v=1', 'a%2Fb/x%231'],
    ['m,host=50% v=1', 'm/50%25'],
    ['m,host=cafe\u0301 v=1', 'm/caf\u00e9'],
  ])('of %j is %s', async (text, series) => {
    const { line, journal, reasons } = await telegraf();
    await line(`${text} ${NOW}`);
    expect(await readingsOf(journal)).toEqual([`${series}/v@${ARRIVAL}=1`]);
    expect(await reasons()).toEqual([]);
  });

  it.each([
    ['alerts,host=h v=1', 'reserved-topic'],
    [`m,host=${'x'.repeat(129)} v=1`, 'bad-name'],
    [`m,host=${'/'.repeat(60)} v=1`, 'bad-name'],
  ])('of %j is none, and the hub says why', async (text, reason) => {
    const { line, journal, reasons } = await telegraf();
    expect(await line(text)).toBe('drop');
    expect((await reasons()).map(([why]) => why)).toEqual([reason]);
    expect(await readingsOf(journal)).toEqual([]);
  });

  it('has another name than any other’s, and one that the grammar allows if it is not too long', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(names, names, (a, b) => {
        if (a.normalize('NFC') !== b.normalize('NFC')) expect(foreignName(a)).not.toBe(foreignName(b));
        if (foreignName(a).length <= 128) expect(subjectFault('m', foreignName(a))).toBeUndefined();
      }),
    );
  });
});

describe('tags', () => {
  it('are labels, from the beginning of time when they are the first', async () => {
    const { line, journal, deviceOf } = await telegraf();
    await line(`cpu,host=web01,cpu=cpu-total,district=bay,site=roof,type=server usage=1 ${NOW}`);
    const labels = { host: 'web01', cpu: 'cpu-total', district: 'bay', site: 'roof', type: 'server' };
    expect((await deviceOf('web01'))?.labelSpans).toEqual([{ from: -Infinity, labels }]);
    const [batch] = await payloadsOf(journal, 'readings');
    expect(batch!.labels).toEqual([labels]);
  });

  it('of several measurements of a host come together, the later ones from their arrival', async () => {
    const { line, clock, deviceOf } = await telegraf();
    await line('cpu,host=web01,cpu=cpu0 usage=1');
    clock.now += 10_000;
    await line('net,host=web01,interface=eth0 bytes_recv=5i');
    const { labelSpans } = (await deviceOf('web01'))!;
    expect(labelSpans.map(({ from }) => from)).toEqual([-Infinity, ARRIVAL + 10_000]);
    expect(labelSpans[1]!.labels).toMatchObject({ host: 'web01', cpu: 'cpu0', interface: 'eth0' });
  });

  it('that say what is known write nothing, also after another measurement of the device spoke', async () => {
    const { line, journal } = await telegraf();
    for (let i = 0; i < 3; i++) {
      await line('cpu,host=web01,cpu=cpu0 usage=1');
      await line('net,host=web01,interface=eth0 bytes_recv=5i');
    }
    const changes = await payloadsOf(journal, 'device');
    // Two registrations and two descriptions.
    expect(changes).toHaveLength(4);
  });

  it('leave alone what an attributes message said under other names, and what it said later under theirs', async () => {
    const { say, line, deviceOf } = await telegraf();
    await line('cpu,host=web01,district=bay usage=1');
    await say('city/cpu/web01/attributes', { district: 'hill', name: 'Web server', labels: { owner: 'it' } });
    await line('cpu,host=web01,district=bay usage=2');
    expect((await deviceOf('web01'))?.description).toMatchObject({
      name: 'Web server',
      district: 'bay',
      labels: { owner: 'it', host: 'web01' },
    });
  });

  it.each([
    ['name', 'sda'],
    ['location', 'hall'],
    ['domain', 'x'],
    ['metric', 'x'],
    ['rack', 'x'.repeat(129)],
  ])('that can’t be labels (%s) are told of once, and their readings kept', async (tag, value) => {
    const { line, journal, reasons, deviceOf } = await telegraf();
    const text = `diskio,host=web01,${tag}=${value},bus=sata reads=5i`;
    expect(await line(text)).toBe('forward');
    await line(text);
    expect((await reasons()).map(([reason]) => reason)).toEqual(['bad-name']);
    expect(await readingsOf(journal)).toHaveLength(2);
    expect((await deviceOf('web01'))?.description).toEqual({ labels: { host: 'web01', bus: 'sata' } });
  });

  it('that can’t be labels are told of up to a thousand in a message, and that there were more', async () => {
    const { line, journal } = await telegraf();
    const tags = (from: number) => Array.from({ length: 700 }, (_, i) => `,t${from + i}=\u0001`).join('');
    await line([`m,host=a${tags(0)} v=1`, `m,host=b${tags(700)} v=1`, `m,host=c${tags(0)} v=1`].join('\n'));
    const faults = (await payloadsOf(journal, 'rejections')).flat();
    expect(faults).toHaveLength(1001);
    expect(faults.at(-2)!.detail).toContain('"t999"');
    expect(faults.at(-1)).toMatchObject({ reason: 'bad-name', sample: 't1000=\u0001' });
    expect(faults.at(-1)!.detail).toContain('More than 1000 tags');
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('that can’t be taken are told of with the device and the line that first brought them', async () => {
    const { line, journal, deviceOf } = await telegraf();
    const tags = Array.from({ length: 40 }, (_, i) => `,t${i}=v`).join('');
    const lines = [
      'm,device=a v=1',
      `m,device=b${tags},district=east v=1`,
      'm,device=c,name=x v="?"',
      'm,device=c,name=x v=1',
    ];
    await line(lines.join('\n'));
    const told = (await payloadsOf(journal, 'rejections')).flat();
    expect(told.map(({ reason, pointer, domain, device }) => [reason, pointer, domain, device])).toEqual([
      ['undeclared-text', '/3/v', 'm', 'c'],
      ['bad-description', '/2', 'm', 'b'],
      ['bad-name', '/3', 'm', 'c'],
    ]);
    expect(told[1]!.detail).toContain("None of the line's tags describes it now");
    expect((await deviceOf('b'))?.description).toEqual({});
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('are not looked at any further once there are more than can be told', async () => {
    const { line, reasons, deviceOf } = await telegraf();
    const tags = Array.from({ length: 5000 }, (_, i) => `,t${i}=\u0001`).join('');
    await line([`m,host=d${tags},rack=1 v=1`, 'm,host=e,t=\u0001,rack=1 v=1', 'm,host=f,rack=1 v=1'].join('\n'));
    expect(await reasons()).toHaveLength(1001);
    const labels = await Promise.all(['d', 'e', 'f'].map(async (id) => (await deviceOf(id))?.description.labels));
    expect(labels).toEqual([{ host: 'd' }, { host: 'e' }, { host: 'f', rack: '1' }]);
  });

  it('of a line without one good field describe nobody', async () => {
    const { line, journal, directory } = await telegraf();
    await line('cpu,host=web01,cpu=cpu0 usage="much"');
    expect(directory.size).toBe(0);
    expect(await payloadsOf(journal, 'device')).toEqual([]);
  });

  it('of a device the hub has no room for change nothing', async () => {
    const { line, journal, reasons } = await telegraf({ limits: { maxDevices: 1 } });
    await line('cpu,host=web01 usage=1');
    await line('cpu,host=web02 usage=1');
    expect((await reasons()).map(([reason]) => reason)).toEqual(['too-many-series']);
    expect(await readingsOf(journal)).toHaveLength(1);
    expect((await payloadsOf(journal, 'device')).filter(({ device }) => device === 'web02')).toEqual([]);
  });

  it('label what comes under a domain that a bad line of the same message named first', async () => {
    const { line, say, journal } = await telegraf();
    await line(['cpu,host=w usage="much"', 'mem,host=w used=1', `cpu,host=w usage=2 ${NOW}`].join('\n'));
    await say('city/cpu/w/telemetry', { usage: 3 });
    const [batch] = await payloadsOf(journal, 'readings');
    expect(batch!.labels.some((labels) => labels === UNDESCRIBED)).toBe(false);
    expect((await payloadsOf(journal, 'device')).filter(({ domain }) => domain === 'cpu')).toHaveLength(1);
  });
});

describe('tags that keep changing', () => {
  it('stop at a bound, are told of by name, and their readings are kept', async () => {
    const { line, journal, deviceOf } = await telegraf({ limits: { maxLabelChanges: 3 } });
    for (let i = 0; i < 20; i++) await line(`cpu,host=web01,cpu=cpu${i % 2} usage=${i} ${ns(ARRIVAL + i)}`);
    expect(await readingsOf(journal)).toHaveLength(20);
    expect((await deviceOf('web01'))?.labelSpans.length).toBeLessThanOrEqual(4);
    const [rejection] = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejection).toMatchObject({ reason: 'flapping-label', pointer: '/1', domain: 'cpu', device: 'web01' });
    expect(rejection!.detail).toMatch(/"cpu" of the device "web01".*from "cpu1" to "cpu0".*device of its own/);
  });

  it('may change again as time goes by, and let other tags through meanwhile', async () => {
    const { line, clock, deviceOf } = await telegraf({ limits: { maxLabelChanges: 2 } });
    for (const rack of ['a', 'b', 'c', 'd']) await line(`m,host=h,rack=${rack} v=1`);
    await line('m,host=h,rack=d,room=1 v=1');
    expect((await deviceOf('h'))?.description.labels).toEqual({ host: 'h', rack: 'c', room: '1' });
    clock.now += 3 * 3_600_000;
    await line('m,host=h,rack=d v=1');
    expect((await deviceOf('h'))?.description.labels).toMatchObject({ rack: 'd' });
  });
});

describe('on a topic that names its sender', () => {
  it('the domain is the measurement, and the device need not be said', async () => {
    const { say, journal, deviceOf } = await acceptanceFixture();
    const lines = [`environment,site=roof pm25=12.5,on=t ${ns(ARRIVAL - 5)}`, 'environment,device=aq-1 no2=3i'];
    expect(await say(LP, lines.join('\n'))).toBe('forward');
    expect(await readingsOf(journal)).toEqual([
      `environment/aq-1/pm25@${ARRIVAL - 5}=12.5`,
      `environment/aq-1/on@${ARRIVAL - 5}=1`,
      `environment/aq-1/no2@${ARRIVAL}=3`,
    ]);
    expect((await deviceOf('aq-1'))?.description).toEqual({ site: 'roof' });
  });

  it.each([
    ['weather temperature=20', 'measurement "weather"'],
    ['environment,device=aq-2 pm25=1', 'The tag "device" names "aq-2"'],
  ])('%j is of somebody else, and is told so', async (text, words) => {
    const { say, journal } = await acceptanceFixture();
    expect(await say(LP, `${text}\nenvironment pm10=5`)).toBe('forward');
    const [rejection] = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejection).toMatchObject({ reason: 'bad-name', device: 'aq-1', detail: expect.stringContaining(words) });
    expect(await readingsOf(journal)).toEqual([`environment/aq-1/pm10@${ARRIVAL}=5`]);
  });

  it('a QoS 2 message is stored once, though it comes again', async () => {
    const { say, journal } = await acceptanceFixture();
    const first = { exactlyOnce: { packetId: 7, dup: false } };
    await say(LP, 'environment,site=roof pm25=1', first);
    await say(LP, 'environment,site=roof pm25=1', { exactlyOnce: { packetId: 7, dup: true } });
    expect(await readingsOf(journal)).toHaveLength(1);
  });

  it('rubbish is not forwarded', async () => {
    const { say, reasons } = await acceptanceFixture();
    expect(await say(LP, '{"pm25":12}')).toBe('drop');
    expect((await reasons()).map(([reason]) => reason)).toEqual(['malformed-line']);
  });
});

describe('on Telegraf’s topic', () => {
  it('nothing is taken in unless it is switched on', async () => {
    const { say, journal } = await acceptanceFixture();
    expect(await say('telegraf/web01/cpu', 'cpu,host=web01 usage_idle=99.1')).toBe('forward');
    expect(await readingsOf(journal)).toEqual([]);
  });

  it('faults are of the device whose line it is, or else of the only one of the message, or else the client’s', async () => {
    const { line, journal } = await telegraf();
    await line('disk,host=a free=1,mode="rw"');
    await line('disk,host=a free=1\ndisk,host=b free=1,mode="rw"');
    await line('disk,host=a free=1\ndisk');
    await line('disk,host=a free=1\nmem,host=a free=1\ndisk');
    await line('{"json":1}');
    const subjects = (await payloadsOf(journal, 'rejections')).flat().map(({ domain, device }) => [domain, device]);
    expect(subjects).toEqual([
      ['disk', 'a'],
      ['disk', 'b'],
      ['disk', 'a'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });
});
