import { RESERVED_DOMAINS } from '@seawall/model';
import { connect, type MqttClient } from 'mqtt';
import type { HubAddress } from '../commands/hub-address.ts';
import type { TailEvent } from './tail-event.ts';

export interface RawMessagesOptions {
  readonly address: HubAddress;
  readonly devices: readonly string[];
  /** Whether a device was asked for. */
  readonly admits: (domain: string, device: string) => boolean;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  readonly tell: (event: TailEvent) => void;
}

const TENANT = 'city';
/** What is shown is cut anyway; what is kept of a payload meanwhile is bounded here. */
const MAX_TEXT = 2_000;
const EXACT = /^[^*!]+$/;

/**
 * Payloads as devices sent them, by the broker, until the signal aborts. The hub forwards a message once something of
 * it is stored; of the others the rejections show how they began.
 */
export async function rawMessages(options: RawMessagesOptions): Promise<void> {
  const { address, signal, say } = options;
  const client = connect(address.mqttUrl, {
    ...(address.token === undefined ? {} : { username: 'seawall-tail', password: address.token }),
    clientId: `seawall-tail-${process.pid}-${Math.random().toString(36).slice(2, 8)}`,
    reconnectPeriod: 2_000,
    connectTimeout: 5_000,
    queueQoSZero: false,
  });
  let told = false;
  client.on('error', (error: Error & { readonly code?: string | number }) => {
    const why = `${address.mqttUrl} says ${error.message || String(error.code)}`;
    if (!told)
      say(`messages as they were sent are not shown: ${why}. --mqtt-url names the broker, --no-raw does without`);
    told = true;
  });
  client.on('connect', () => {
    // That it goes away later is told by the streams: it is the same hub.
    told = true;
    for (const filter of filtersOf(options.devices)) client.subscribe(filter, { qos: 0 });
  });
  client.on('message', (topic, payload, { retain }) => {
    const [, domain, device, kind] = topic.split('/');
    // What is retained was sent before; what the hub says comes as an alert or a rejection, with more to it.
    if (retain || domain === undefined || RESERVED_DOMAINS.has(domain) || kind === 'errors') return;
    if (device === undefined || !options.admits(domain, device)) return;
    const text = payload.toString('utf8', 0, MAX_TEXT);
    options.tell({ kind: 'message', at: options.now(), topic, payload: text, bytes: payload.length });
  });
  await aborted(signal);
  await end(client);
}

/** The narrowest that a broker's filters can express. */
function filtersOf(devices: readonly string[]): readonly string[] {
  const wanted = devices.filter((pattern) => !pattern.startsWith('!'));
  if (wanted.length === 0 || !wanted.every((pattern) => EXACT.test(pattern))) return [`${TENANT}/+/+/#`];
  return wanted.map((device) => `${TENANT}/+/${device}/#`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function end(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.end(true, {}, () => resolve()));
}
