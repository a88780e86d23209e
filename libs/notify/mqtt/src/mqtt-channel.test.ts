import { describe, expect, it } from '@jest/globals';
import type { Alert } from '@seawall/model';
import { alertTransition, channelContract } from '@seawall/ports/contract';
import { createMqttChannel, heartbeat, type MqttMessage } from './index.ts';

const TOPIC = 'city/alerts/major/environment/xiangzhou/smog/aq-1';

function openChannel(options: { tenant?: string } = {}) {
  const published: MqttMessage[] = [];
  let failure: Error | undefined;
  const channel = createMqttChannel({
    ...options,
    publish: async (message) => {
      if (failure !== undefined) throw failure;
      published.push(message);
    },
  });
  return { channel, published, failWith: (error: Error | undefined) => (failure = error) };
}

channelContract('The MQTT channel', () => {
  const { channel, published, failWith } = openChannel();
  const arrived = () =>
    published.filter(({ payload }) => payload !== '').map(({ payload }) => JSON.parse(payload) as Alert);
  return { channel, failWith, arrived: () => arrived().map(({ id, state }) => ({ id, state })) };
});

describe('the MQTT channel', () => {
  it('publishes a firing alert whole, retained, at QoS 1', async () => {
    const { channel, published } = openChannel();
    const transition = alertTransition('a', 'pending', 'firing');
    await channel.deliver(transition);
    expect(published).toEqual([{ topic: TOPIC, payload: JSON.stringify(transition.alert), retain: true, qos: 1 }]);
  });

  it('replaces the retained message when a firing alert changes', async () => {
    const { channel, published } = openChannel();
    await channel.deliver(alertTransition('a', 'firing', 'firing', { alert: { revision: 2 } }));
    expect(published.map(({ topic, retain }) => ({ topic, retain }))).toEqual([{ topic: TOPIC, retain: true }]);
  });

  it('says once that an alert is resolved, then removes the retained message', async () => {
    const { channel, published } = openChannel();
    const transition = alertTransition('a', 'firing', 'resolved');
    await channel.deliver(transition);
    expect(published).toEqual([
      { topic: TOPIC, payload: JSON.stringify(transition.alert), retain: false, qos: 1 },
      { topic: TOPIC, payload: '', retain: true, qos: 1 },
    ]);
  });

  it('publishes nothing of pending alerts', async () => {
    const { channel, published } = openChannel();
    await channel.deliver(alertTransition('a', 'inactive', 'pending'));
    await channel.deliver(alertTransition('a', 'pending', 'inactive'));
    expect(published).toEqual([]);
  });

  it('does not remove the retained message before the resolution is out', async () => {
    const { channel, published, failWith } = openChannel();
    failWith(new Error('full'));
    await expect(channel.deliver(alertTransition('a', 'firing', 'resolved'))).rejects.toThrow('full');
    failWith(undefined);
    await channel.deliver(alertTransition('a', 'firing', 'resolved'));
    expect(published.map(({ retain }) => retain)).toEqual([false, true]);
  });

  it('speaks under its tenant', async () => {
    const { channel, published } = openChannel({ tenant: 'qingdao' });
    await channel.deliver(alertTransition('a', 'pending', 'firing'));
    expect(published[0]?.topic).toBe(TOPIC.replace('city', 'qingdao'));
  });
});

describe('the heartbeat', () => {
  it('counts every severity, those without an alert as well', () => {
    expect(heartbeat({ major: 2 }, 1_790_000_000_000)).toEqual({
      topic: 'city/hub/heartbeat',
      payload: '{"at":"2026-09-21T14:13:20.000Z","active":{"critical":0,"major":2,"minor":0,"warning":0,"info":0}}',
      retain: true,
      qos: 1,
    });
  });
});
