import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { placeOf, TopicCache } from './topic.ts';

describe('the topic grammar', () => {
  it.each(['telemetry', 'attributes', 'status'])('places …/%s', (kind) => {
    expect(placeOf(`city/environment/aq 1/${kind}`, { tenant: 'city' })).toEqual({
      kind,
      domain: 'environment',
      device: 'aq 1',
    });
  });

  it.each([
    'other/a/b/telemetry',
    'city',
    'citys/a/b/telemetry',
    'v1/devices/you/telemetry',
    'v1/gateways',
    'v2/temperature',
    'telegraf/web01/cpu',
    '/city/a/b/telemetry',
    '',
  ])('leaves %j alone, which is not the tenant’s', (topic) =>
    expect(placeOf(topic, { tenant: 'city' })).toEqual({ kind: 'foreign' }),
  );

  it.each([
    ['city/alerts/critical/x', 'reserved-topic'],
    ['city/alerts', 'reserved-topic'],
    ['city/hub/heartbeat', 'reserved-topic'],
    ['city/clients/c/errors', 'reserved-topic'],
    ['city/environment/aq-1/errors', 'reserved-topic'],
    ['city/environment/aq-1/telemetry/errors', 'reserved-topic'],
    ['$SYS/broker/x', 'reserved-topic'],
    ['$share/g/x', 'reserved-topic'],
    ['city/environment/aq-1/telemetry/senml', 'not-built'],
    ['city/environment/aq-1/commands', 'not-built'],
    ['city/environment/aq-1/config', 'not-built'],
    ['city/environment/aq-1/events', 'not-built'],
    ['v1/devices/me/attributes/request/1', 'not-built'],
    ['v1/devices/me/rpc/request/1', 'not-built'],
    ['v1/devices/me/claim', 'not-built'],
    ['v1/gateway/telemetry', 'not-built'],
    ['v2/t', 'not-built'],
    ['v2/a/req/1', 'not-built'],
    ['v2/fw/request/0/chunk/0', 'not-built'],
    ['city/', 'bad-topic'],
    ['city/environment', 'bad-topic'],
    ['city/environment/aq-1', 'bad-topic'],
    ['city/environment/aq-1/', 'bad-topic'],
    ['city/environment/aq-1/telemetry/', 'bad-topic'],
    ['city/environment/aq-1/Telemetry', 'bad-topic'],
    ['city//aq-1/telemetry', 'bad-topic'],
    ['city/environment//telemetry', 'bad-topic'],
    ['city/$environment/aq-1/telemetry', 'bad-topic'],
    ['city/environment/aq\u0007/telemetry', 'bad-topic'],
    ['city/environment/aq-1\\/telemetry', 'bad-topic'],
    ['city/environment/e\u0301/telemetry', 'bad-topic'],
    [`city/environment/${'x'.repeat(129)}/telemetry`, 'bad-topic'],
  ])('refuses %j as %s', (topic, reason) => {
    expect(placeOf(topic, { tenant: 'city' })).toMatchObject({ kind: 'refused', refusal: { reason } });
  });

  it('places line protocol, and the topics of a ThingsBoard device', () => {
    expect(placeOf('city/environment/aq-1/telemetry/lp', { tenant: 'city' })).toEqual({
      kind: 'lines',
      domain: 'environment',
      device: 'aq-1',
    });
    expect(placeOf('v1/devices/me/telemetry', { tenant: 'city' })).toEqual({ kind: 'own-telemetry' });
    expect(placeOf('v1/devices/me/attributes', { tenant: 'city' })).toEqual({ kind: 'own-attributes' });
  });

  it.each([
    ['telegraf/web01/cpu', { kind: 'telegraf', host: 'web01' }],
    ['telegraf/web01/disk/sda1', { kind: 'telegraf', host: 'web01' }],
    ['telegraf/cpu', { kind: 'refused' }],
    ['telegraf//cpu', { kind: 'refused' }],
    ['telegraf/web01/', { kind: 'refused' }],
    ['telegraf', { kind: 'foreign' }],
    ['telegrafs/web01/cpu', { kind: 'foreign' }],
  ])('with Telegraf’s topic on places %j', (topic, place) => {
    expect(placeOf(topic, { tenant: 'city', telegrafTopic: 'telegraf' })).toMatchObject(place);
  });

  it('knows the device of a topic that is refused for its last level only', () => {
    expect(placeOf('city/environment/aq-1/commands', { tenant: 'city' })).toMatchObject({
      domain: 'environment',
      device: 'aq-1',
    });
  });

  it('has another first level where the tenant has another name', () => {
    expect(placeOf('zhuhai/a/b/status', { tenant: 'zhuhai' }).kind).toBe('status');
    expect(placeOf('city/a/b/status', { tenant: 'zhuhai' }).kind).toBe('foreign');
  });

  it('places every topic, and none of two devices in one place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (domain, device) => {
        const place = placeOf(`city/${domain}/${device}/telemetry`, { tenant: 'city' });
        if (place.kind === 'telemetry') expect([place.domain, place.device]).toEqual([domain, device]);
      }),
    );
  });
});

describe('the memory of topics', () => {
  it('asks once for a topic, and forgets the oldest beyond its bound', () => {
    const asked: string[] = [];
    const cache = new TopicCache(2, (topic) => (asked.push(topic), { topic }));
    for (const topic of ['a', 'b', 'a', 'c', 'b', 'a']) expect(cache.get(topic)).toEqual({ topic });
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('remembers none that is longer than a device’s can be', () => {
    let asked = 0;
    const cache = new TopicCache(2, () => ++asked);
    const long = 'x'.repeat(10_000);
    expect([cache.get('a'), cache.get('b'), cache.get(long), cache.get(long), cache.get('a')]).toEqual([1, 2, 3, 4, 1]);
  });
});
