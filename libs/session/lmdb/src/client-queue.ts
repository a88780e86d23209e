import type { SessionPacket } from '@seawall/ports';

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
  readonly clientKey: Buffer;
  readonly #packets = new Map<number, QueuedPacket>();
  readonly #byName = new Map<string, QueuedPacket[]>();
  readonly #byMessageId = new Map<number, QueuedPacket>();
  #bytes = 0;

  constructor(clientKey: Buffer) {
    this.clientKey = clientKey;
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
    if (packet.messageId !== undefined) this.#byMessageId.set(packet.messageId, packet);
  }

  delete(packet: QueuedPacket): void {
    if (!this.#packets.delete(packet.number)) return;
    this.#bytes -= packet.bytes;
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
    if (messageId !== undefined) this.#byMessageId.set(messageId, packet);
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
    for (const packet of this.#packets.values()) if (packet.messageId === undefined) return packet;
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
