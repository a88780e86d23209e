import type { DeviceDescription } from '@seawall/model';
import type { SimulatedDevice } from './device-kind.ts';
import type { Fleet, FleetOptions } from './fleet.ts';
import { attributesOf, statusOf } from './introductions.ts';
import { MqttLink } from './mqtt-link.ts';
import { hashText } from './noise.ts';
import { openAll } from './open-all.ts';
import { Outbox, type OutgoingMessage } from './outbox.ts';
import { topicOf } from './topics.ts';

/** The domain under which gateways say how they are. */
const GATEWAY_DOMAIN = 'network';
const PER_DISTRICT = 32;
/** Connections being opened at a time. */
const OPENING = 16;
/** Descriptions under way to the hub. */
const MAX_INTRODUCING = 512;
const TELL_EVERY = 500;

/** The field gateway of a device: one of 32 in its district, the same however large the city is. */
export function gatewayOf({ id, description }: SimulatedDevice): string {
  return `gw-${description.district ?? 'city'}-${String((hashText(id) % PER_DISTRICT) + 1).padStart(2, '0')}`;
}

interface Gateway {
  readonly id: string;
  readonly district: string | undefined;
}

/**
 * Field gateways that devices share, a bounded number of connections however many devices there are. A gateway is a
 * device itself, with a will of its own; for those behind it no status is said, since nobody would take it back if
 * the gateway vanished.
 */
export class GatewayFleet implements Fleet {
  readonly #options: FleetOptions;
  readonly #gateways = new Map<string, Gateway>();
  readonly #links = new Map<string, MqttLink>();

  constructor(options: FleetOptions) {
    this.#options = options;
    for (const device of options.devices) {
      const id = gatewayOf(device);
      if (!this.#gateways.has(id)) this.#gateways.set(id, { id, district: device.description.district });
    }
  }

  /** Connects the gateways; each device describes itself once, through its own. */
  async connect(signal: AbortSignal): Promise<void> {
    await openAll([...this.#gateways.values()], OPENING, async (gateway) => {
      signal.throwIfAborted();
      this.#links.set(gateway.id, await this.#open(gateway));
    });
    await this.#introduceDevices(signal);
  }

  linkOf(device: SimulatedDevice): MqttLink {
    return this.#links.get(gatewayOf(device))!;
  }

  describe(device: SimulatedDevice, description: DeviceDescription): void {
    this.linkOf(device).publish(attributesOf(device, behind(device, description)), () => {});
  }

  /** Every gateway says `offline` and then goodbye. */
  async close(): Promise<void> {
    await Promise.all([...this.#links].map(([id, link]) => link.close(statusOf(GATEWAY_DOMAIN, id, 'offline'))));
  }

  async #introduceDevices(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted(); // while the last gateway connected: nobody would say so again
    const { devices, onIntroduced } = this.#options;
    const outbox = new Outbox(MAX_INTRODUCING);
    const abort = () => outbox.fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      for (const device of devices) {
        await outbox.publish(this.linkOf(device), attributesOf(device, behind(device, device.description)));
        if (outbox.acknowledged % TELL_EVERY === 0) onIntroduced?.(outbox.acknowledged);
      }
      await outbox.drained();
      onIntroduced?.(outbox.acknowledged);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #open(gateway: Gateway): Promise<MqttLink> {
    const { url, token, patienceMs, runId, onFailure } = this.#options;
    return MqttLink.open({
      url,
      token,
      clientId: `sim-${runId}-${gateway.id}`,
      will: statusOf(GATEWAY_DOMAIN, gateway.id, 'offline'),
      patienceMs,
      onConnect: (link) => {
        link.publish(descriptionOf(gateway), () => {});
        link.publish(statusOf(GATEWAY_DOMAIN, gateway.id, 'online'), () => {});
      },
      onFailure,
    });
  }
}

function behind(device: SimulatedDevice, description: DeviceDescription): DeviceDescription {
  return { ...description, gateway: gatewayOf(device) };
}

function descriptionOf({ id, district }: Gateway): OutgoingMessage {
  const description: DeviceDescription = { name: `Field gateway ${id}`, type: 'gateway', district };
  return { topic: topicOf(GATEWAY_DOMAIN, id, 'attributes'), payload: JSON.stringify(description), qos: 1 };
}
