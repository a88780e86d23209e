import { SEVERITIES, type Severity } from '@seawall/model';
import type { MqttMessage } from './mqtt-channel.ts';

/**
 * The hub's sign of life, to be published every 30 s: who misses it knows that silence does not mean "no alerts".
 * @param active how many alerts fire now; severities without one may be left out
 * @param at epoch ms
 */
export function heartbeat(
  active: Readonly<Partial<Record<Severity, number>>>,
  at: number,
  tenant = 'city',
): MqttMessage {
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, active[severity] ?? 0]));
  const payload = JSON.stringify({ at: new Date(at).toISOString(), active: counts });
  return { topic: `${tenant}/hub/heartbeat`, payload, retain: true, qos: 1 };
}
