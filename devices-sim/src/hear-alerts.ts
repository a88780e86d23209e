import type { Alert } from '@seawall/model';
import { checkUrl, connected } from './mqtt-link.ts';

export interface AlertListener {
  stop(): Promise<void>;
}

/**
 * Hears the alerts that the hub raises and resolves from now on; those that were firing before are left out, and so
 * are changes that are neither (an acknowledgement, a correction of a value). Comes back by itself after a lost link,
 * and tells then what has begun to fire meanwhile.
 * @throws UsageError (the address), HubUnreachableError, HubRefusedError (the token)
 */
export async function hearAlerts(
  url: string,
  token: string | undefined,
  onChange: (alert: Alert) => void,
): Promise<AlertListener> {
  const states = new Map<string, Alert['state']>();
  const credentials = token === undefined ? {} : { username: 'devices-sim', password: token };
  checkUrl(url);
  const options = { protocolVersion: 4 as const, reconnectPeriod: 500, ...credentials };
  const client = await connected(url, options);
  client.on('error', () => undefined); // a lost link is come back to; the city's own links tell of a hub that is gone
  let isBack = false;
  client.on('connect', () => (isBack = true)); // the first time has been
  client.on('message', (_topic, payload, { retain }) => {
    if (payload.length === 0) return;
    const alert = JSON.parse(payload.toString()) as Alert;
    const before = states.get(alert.id);
    if (alert.state === 'resolved') states.delete(alert.id);
    else states.set(alert.id, alert.state);
    if ((!retain || isBack) && before !== alert.state) onChange(alert);
  });
  await client.subscribeAsync('city/alerts/#', { qos: 1 });
  return { stop: () => client.endAsync(true) };
}

/** The event time of an alert's last change: the end of the window that decided. @returns epoch ms */
export function changedAt({ state, endsAt, startsAt, evidence }: Alert): number {
  return Date.parse((state === 'resolved' ? endsAt : evidence.windowEnd) ?? startsAt);
}
