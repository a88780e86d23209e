import type { AlertTransition } from '@seawall/model';
import type { Channel } from '@seawall/ports';
import { alertTopic } from './alert-topic.ts';

export interface MqttMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly qos: 0 | 1;
}

export interface MqttChannelOptions {
  /** Resolves when the broker has taken the message, and stored it if it is retained. */
  readonly publish: (message: MqttMessage) => Promise<void>;
  /** First level of every topic; `city` unless given. */
  readonly tenant?: string;
}

/**
 * Alerts as MQTT messages, QoS 1. While an alert fires its newest revision is its topic's retained message. When it is
 * resolved that is said once, not retained, and then the retained message is removed, so that who subscribes later
 * hears only of what still fires. Pending alerts are not published. A publish that fails fails the delivery: delivered
 * again, the same messages are published again, in the same order.
 */
export function createMqttChannel({ publish, tenant = 'city' }: MqttChannelOptions): Channel {
  return {
    name: 'mqtt',
    deliver: async (transition) => {
      for (const message of messagesOf(transition, tenant)) await publish(message);
    },
  };
}

function messagesOf(transition: AlertTransition, tenant: string): readonly MqttMessage[] {
  const topic = alertTopic(tenant, transition);
  const payload = JSON.stringify(transition.alert);
  switch (transition.to) {
    case 'firing':
      return [{ topic, payload, retain: true, qos: 1 }];
    case 'resolved':
      return [
        { topic, payload, retain: false, qos: 1 },
        { topic, payload: '', retain: true, qos: 1 },
      ];
    case 'pending':
    case 'inactive':
      return [];
  }
}
