import type { DeviceDescription } from '@seawall/model';
import type { SimulatedDevice } from './device-kind.ts';
import type { Fleet, FleetOptions } from './fleet.ts';
import { attributesOf, statusOf } from './introductions.ts';
import { MqttLink } from './mqtt-link.ts';
import { openAll } from './open-all.ts';

/** Connections being opened at a time. */
const OPENING = 32;

/**
 * A connection for each device: so each has a will of its own, as MQTT has one will a connection, and a device that
 * vanishes is told offline by the hub without a gateway's help.
 */
export class OwnLinks implements Fleet {
  readonly #options: FleetOptions;
  readonly #links = new Map<SimulatedDevice, MqttLink>();
  readonly #redescribed = new Map<SimulatedDevice, DeviceDescription>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Connects every device; each describes itself and says `online`, now and after each reconnection. */
  async connect(signal: AbortSignal): Promise<void> {
    await openAll(this.#options.devices, OPENING, async (device) => {
      signal.throwIfAborted();
      this.#links.set(device, await this.#open(device));
      this.#options.onIntroduced?.(this.#links.size);
    });
  }

  linkOf(device: SimulatedDevice): MqttLink {
    return this.#links.get(device)!;
  }

  describe(device: SimulatedDevice, description: DeviceDescription): void {
    this.#redescribed.set(device, description);
    this.linkOf(device).publish(attributesOf(device, description), () => {});
  }

  /** Every device says `offline` and then goodbye. */
  async close(): Promise<void> {
    await Promise.all([...this.#links].map(([{ id, kind }, link]) => link.close(statusOf(kind.domain, id, 'offline'))));
  }

  #open(device: SimulatedDevice): Promise<MqttLink> {
    const { url, token, patienceMs, runId, onFailure } = this.#options;
    return MqttLink.open({
      url,
      token,
      clientId: `sim-${runId}-${device.id}`,
      will: statusOf(device.kind.domain, device.id, 'offline'),
      patienceMs,
      onConnect: (link) => this.#introduce(device, link),
      onFailure,
    });
  }

  #introduce(device: SimulatedDevice, link: MqttLink): void {
    const description = this.#redescribed.get(device) ?? device.description;
    link.publish(attributesOf(device, description), () => {});
    link.publish(statusOf(device.kind.domain, device.id, 'online'), () => {});
  }
}
