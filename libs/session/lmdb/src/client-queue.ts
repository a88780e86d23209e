import type { SessionPacket } from '@seawall/ports';
import { hashKey } from './keys.ts';

/** What is known in memory of one queued packet. */
export interface QueuedPacket {
  /** Its place in the store's order, and with the client its key. */
  readonly number: number;
  readonly bytes: number;
  /** Broker id and counter, until a PUBREL has taken the packet's place. */
  name: string | undefined;
  readonly qos: number;
  messageId: number | undefined;
  /** The stored form while a write of it is under way. */
  pending?: Buffer | undefined;
}

/** The index of one client's queue: what is in it, in order, and where to find it by name and packet identifier. */
export class ClientQueue {
  readonly clientId: string;
  readonly clientKey: Buffer;
  readonly #packets = new Map<number, QueuedPacket>();
  /** Of these, the ones that were neither sent nor handed to the broker for it. */
  readonly #waiting = new Map<number, QueuedPacket>();
  readonly #byName = new Map<string, QueuedPacket[]>();
  readonly #byMessageId = new Map<number, QueuedPacket>();
  #bytes = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
    this.clientKey = hashKey(clientId);
  }

  get length(): number {
    return this.#packets.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  all(): QueuedPacket[] {
    return [...this.#packets.values()];
  }

  has(packet: QueuedPacket): boolean {
    return this.#packets.has(packet.number);
  }

  add(packet: QueuedPacket): void {
    this.#packets.set(packet.number, packet);
    this.#bytes += packet.bytes;
    if (packet.name !== undefined) {
      const namesakes = this.#byName.get(packet.name);
      if (namesakes === undefined) this.#byName.set(packet.name, [packet]);
      else namesakes.push(packet);
    }
    if (packet.messageId === undefined) this.#waiting.set(packet.number, packet);
    else this.#byMessageId.set(packet.messageId, packet);
  }

  delete(packet: QueuedPacket): void {
    if (!this.#packets.delete(packet.number)) return;
    this.#bytes -= packet.bytes;
    this.#waiting.delete(packet.number);
    this.loseName(packet);
    this.#loseMessageId(packet);
  }

  /** A packet whose place a PUBREL takes is not found by its name any more. */
  loseName(packet: QueuedPacket): void {
    if (packet.name === undefined) return;
    const others = (this.#byName.get(packet.name) ?? []).filter((other) => other !== packet);
    if (others.length === 0) this.#byName.delete(packet.name);
    else this.#byName.set(packet.name, others);
    packet.name = undefined;
  }

  setMessageId(packet: QueuedPacket, messageId: number | undefined): void {
    this.#loseMessageId(packet);
    packet.messageId = messageId;
    if (messageId === undefined) return;
    this.#byMessageId.set(messageId, packet);
    this.handOut(packet);
  }

  /** The broker is about to send it: were it dropped now, the broker could not tell whether it was delivered. */
  handOut(packet: QueuedPacket): void {
    this.#waiting.delete(packet.number);
  }

  /**
   * The packet that is being sent. A client whose subscriptions overlap has it twice under one name: then the one that
   * has this identifier already, else one that has none yet.
   */
  findSent({ cmd, messageId, ...packet }: SessionPacket): QueuedPacket | undefined {
    const name = packetName(packet);
    const namesakes = (name !== undefined && this.#byName.get(name)) || [];
    if (cmd === 'pubrel' || namesakes.length === 0) return this.#ofMessageId(messageId);
    return (
      namesakes.find((other) => other.messageId === messageId) ??
      namesakes.find((other) => other.messageId === undefined) ??
      namesakes[0]
    );
  }

  /** The packet that is done with: by its identifier, or, when it is not to be sent at all, by its name. */
  findDone({ messageId, ...packet }: SessionPacket): QueuedPacket | undefined {
    if (messageId !== undefined) return this.#ofMessageId(messageId);
    const name = packetName(packet);
    return name === undefined ? undefined : this.#byName.get(name)?.find((other) => other.messageId === undefined);
  }

  /** The packet that has waited longest and was never sent. */
  oldestWaiting(): QueuedPacket | undefined {
    for (const packet of this.#waiting.values()) return packet;
    return undefined;
  }

  /** The packet that was sent first of those not received yet. Of what a client has received its PUBREL stays owed. */
  oldestUnreceived(): QueuedPacket | undefined {
    for (const packet of this.#packets.values()) if (packet.name !== undefined) return packet;
    return undefined;
  }

  #ofMessageId(messageId: number | undefined): QueuedPacket | undefined {
    return messageId === undefined ? undefined : this.#byMessageId.get(messageId);
  }

  #loseMessageId(packet: QueuedPacket): void {
    if (packet.messageId === undefined || this.#byMessageId.get(packet.messageId) !== packet) return;
    this.#byMessageId.delete(packet.messageId);
  }
}

/** What tells one message from every other: the broker process it came in by, and its number there. */
export function packetName({ brokerId, brokerCounter }: SessionPacket): string | undefined {
  return brokerId === undefined ? undefined : `${brokerId}:${brokerCounter}`;
}
