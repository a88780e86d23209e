import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { placeOf, TopicCache } from './topic.ts';

describe('the topic grammar', () => {
  it.each(['telemetry', 'attributes', 'status'])('places …/%s', (kind) => {
    expect(placeOf(`city/environment/aq 1/${kind}`, 'city')).toEqual({ kind, domain: 'environment', device: 'aq 1' });
  });

  it.each([
    'other/a/b/telemetry',
    'city',
    'citys/a/b/telemetry',
    'v1/devices/you/telemetry',
    '/city/a/b/telemetry',
    '',
  ])('leaves %j alone, which is not the tenant’s', (topic) =>
    expect(placeOf(topic, 'city')).toEqual({ kind: 'foreign' }),
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
    ['city/environment/aq-1/telemetry/lp', 'not-built'],
    ['city/environment/aq-1/telemetry/senml', 'not-built'],
    ['city/environment/aq-1/commands', 'not-built'],
    ['city/environment/aq-1/config', 'not-built'],
    ['city/environment/aq-1/events', 'not-built'],
    ['v1/devices/me/telemetry', 'not-built'],
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
    expect(placeOf(topic, 'city')).toMatchObject({ kind: 'refused', refusal: { reason } });
  });

  it('knows the device of a topic that is refused for its last level only', () => {
    expect(placeOf('city/environment/aq-1/commands', 'city')).toMatchObject({ domain: 'environment', device: 'aq-1' });
  });

  it('has another first level where the tenant has another name', () => {
    expect(placeOf('zhuhai/a/b/status', 'zhuhai').kind).toBe('status');
    expect(placeOf('city/a/b/status', 'zhuhai').kind).toBe('foreign');
  });

  it('places every topic, and none of two devices in one place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (domain, device) => {
        const place = placeOf(`city/${domain}/${device}/telemetry`, 'city');
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
