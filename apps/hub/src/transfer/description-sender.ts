import { MqttLink, Outbox, topicOf } from '@seawall/devices-sim';
import type { DeviceDescription } from '@seawall/model';
import { randomBytes } from 'node:crypto';

const IN_FLIGHT = 64;

/** Describes devices over MQTT, since HTTP has no route for it; connects when there is something to describe. */
export class DescriptionSender {
  readonly #options: { readonly url: string; readonly token: string | undefined; readonly patienceMs: number };
  readonly #outbox = new Outbox(IN_FLIGHT);
  #link: MqttLink | undefined;
  /** Under which anything was sent. */
  readonly topics = new Set<string>();

  constructor(options: { readonly url: string; readonly token: string | undefined; readonly patienceMs: number }) {
    this.#options = options;
  }

  /** Resolves when it is on its way, see `drained`. @throws HubUnreachableError, HubRefusedError */
  async send(domain: string, device: string, description: DeviceDescription): Promise<void> {
    this.#link ??= await this.#open();
    const topic = topicOf(domain, device, 'attributes');
    this.topics.add(topic);
    await this.#outbox.publish(this.#link, { topic, payload: JSON.stringify(description), qos: 1 });
  }

  /** Resolves when the hub has all of them. @throws as `send` */
  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  #open(): Promise<MqttLink> {
    const { url, token, patienceMs } = this.#options;
    return MqttLink.open({
      url,
      ...(token === undefined ? {} : { token }),
      clientId: `import-${randomBytes(4).toString('hex')}`,
      patienceMs,
      onFailure: (error) => this.#outbox.fail(error),
    });
  }

  async close(): Promise<void> {
    await this.#link?.close();
  }
}
