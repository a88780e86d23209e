import { randomUUID } from 'node:crypto';
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { waitUntil } from './wait-until.ts';

export interface HeardMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retained: boolean;
  readonly qos: number;
  /** Wall clock at receipt, epoch ms with fractions. */
  readonly heardAt: number;
}

/** When a client comes back is part of what is tested, so none does by itself. */
const DEFAULTS: IClientOptions = { protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 10_000 };

export function connectMqtt(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  return connectAsync(url, { ...DEFAULTS, ...options });
}

/** A subscriber that keeps all it hears. */
export class MqttRecorder {
  readonly heard: HeardMessage[] = [];
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload, { retain, qos }) => {
      const heardAt = performance.timeOrigin + performance.now();
      this.heard.push({ topic, payload: payload.toString(), retained: retain, qos, heardAt });
    });
  }

  static async start(url: string, filters: readonly string[], options: IClientOptions = {}): Promise<MqttRecorder> {
    // Listening begins before connecting: a broker sends a session's queued messages right after CONNACK.
    const client = connect(url, { ...DEFAULTS, ...options, manualConnect: true });
    const recorder = new MqttRecorder(client);
    const connected = new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
    });
    client.connect();
    await connected;
    client.on('error', () => undefined); // the end of a killed hub; tests look at what was heard
    if (filters.length > 0) await client.subscribeAsync([...filters], { qos: 1 });
    return recorder;
  }

  on(topic: string): HeardMessage[] {
    return this.heard.filter((message) => message.topic === topic);
  }

  /** The first message that satisfies, past or to come. */
  waitFor(what: string, satisfies: (message: HeardMessage) => boolean, timeoutMs = 10_000): Promise<HeardMessage> {
    return waitUntil(what, () => this.heard.find(satisfies), timeoutMs, 5);
  }

  /** Resolves when all that the broker had for this client is heard: a message to itself comes after it. */
  async heardAllSoFar(timeoutMs = 10_000): Promise<void> {
    // What is published over a broken connection would wait for ever, as none is made again.
    if (!this.client.connected) throw new Error("The hub has closed this listener's connection.");
    const topic = `fence/${randomUUID()}`;
    await this.client.subscribeAsync(topic, { qos: 1 });
    await this.client.publishAsync(topic, 'fence', { qos: 1 });
    await this.waitFor('the fence comes back', (message) => message.topic === topic, timeoutMs);
    this.heard.splice(0, Infinity, ...this.heard.filter((message) => message.topic !== topic));
  }

  stop(): Promise<void> {
    return this.client.endAsync(true);
  }
}
