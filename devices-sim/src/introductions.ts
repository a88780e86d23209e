import type { DeviceDescription } from '@seawall/model';
import type { SimulatedDevice } from './device-kind.ts';
import type { OutgoingMessage } from './outbox.ts';
import { topicOf } from './topics.ts';

export function attributesOf({ id, kind }: SimulatedDevice, description: DeviceDescription): OutgoingMessage {
  return { topic: topicOf(kind.domain, id, 'attributes'), payload: JSON.stringify(description), qos: 1 };
}

export function statusOf(domain: string, device: string, state: 'online' | 'offline'): OutgoingMessage {
  return { topic: topicOf(domain, device, 'status'), payload: state, qos: 1, retain: true };
}
