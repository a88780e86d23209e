import type { SimulatedDevice } from './device-kind.ts';
import { MqttLink } from './mqtt-link.ts';
import { topicOf } from './topics.ts';

/** Connections being opened at a time. */
const OPENING = 32;

export interface FleetOptions {
  readonly url: string;
  readonly token?: string;
  readonly devices: readonly SimulatedDevice[];
  readonly patienceMs: number;
  /** Tells apart the client ids of two simulators at one hub. */
  readonly runId: string;
  /** Called when a link is given up. */
  readonly onFailure: (error: Error) => void;
}

/**
 * The simulated devices' connections, one each: so each has a will of its own, as MQTT has one will a connection, and
 * a device that vanishes is told offline by the hub without a gateway's help.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #links = new Map<SimulatedDevice, MqttLink>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Connects every device; each describes itself and says `online`, now and after each reconnection. */
  async connect(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#options.devices];
    const opener = async () => {
      for (let device = waiting.pop(); device !== undefined; device = waiting.pop()) {
        signal.throwIfAborted();
        this.#links.set(device, await this.#open(device));
      }
    };
    const results = await Promise.allSettled(Array.from({ length: OPENING }, opener));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  linkOf(device: SimulatedDevice): MqttLink {
    return this.#links.get(device)!;
  }

  /** Every device says `offline` and then goodbye; takes seconds at most, whatever the hub does. */
  async close(): Promise<void> {
    await Promise.all([...this.#links].map(([device, link]) => link.close(statusOf(device, 'offline'))));
  }

  #open(device: SimulatedDevice): Promise<MqttLink> {
    const { url, token, patienceMs, runId, onFailure } = this.#options;
    return MqttLink.open({
      url,
      token,
      clientId: `sim-${runId}-${device.id}`,
      will: statusOf(device, 'offline'),
      patienceMs,
      onConnect: (link) => this.#introduce(device, link),
      onFailure,
    });
  }

  #introduce(device: SimulatedDevice, link: MqttLink): void {
    const attributes = {
      topic: topicOf(device.kind.domain, device.id, 'attributes'),
      payload: JSON.stringify(device.description),
      qos: 1 as const,
    };
    for (const message of [attributes, statusOf(device, 'online')]) {
      link.publish(message, () => {});
    }
  }
}

function statusOf({ id, kind }: SimulatedDevice, state: 'online' | 'offline') {
  return { topic: topicOf(kind.domain, id, 'status'), payload: state, qos: 1 as const, retain: true };
}
