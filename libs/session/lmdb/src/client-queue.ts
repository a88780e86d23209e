import type { SessionPacket } from '@seawall/ports';
import type { QueuedMessage } from './queued-message.ts';

/** What is known in memory of one message for one client. */
export interface QueuedPacket {
  /** Its place in the order of all queues; of this process only. */
  readonly number: number;
  readonly queue: ClientQueue;
  readonly message: QueuedMessage;
  /** Its place among the message's recipients. */
  place: number;
  /** The message's, until a PUBREL has taken its place. */
  name: string | undefined;
  messageId: number | undefined;
  isReceived: boolean;
}

/** The index of one client's queue: what is in it, in order, and where to find it by name and packet identifier. */
export class ClientQueue {
  readonly clientId: string;
  readonly #packets = new Map<number, QueuedPacket>();
  /** Of these, the ones that were neither sent nor handed to the broker for it. */
  readonly #waiting = new Map<number, QueuedPacket>();
  /** Made when it is first asked for: of a client that is away nobody asks by name. */
  #names: Map<string, QueuedPacket[]> | undefined;
  readonly #byMessageId = new Map<number, QueuedPacket>();
  #bytes = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
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
    this.#bytes += packet.message.bytes;
    if (this.#names !== undefined) addName(this.#names, packet);
    if (packet.messageId === undefined) this.#waiting.set(packet.number, packet);
    else this.#byMessageId.set(packet.messageId, packet);
  }

  delete(packet: QueuedPacket): void {
    if (!this.#packets.delete(packet.number)) return;
    this.#bytes -= packet.message.bytes;
    this.#waiting.delete(packet.number);
    this.loseName(packet);
    this.#loseMessageId(packet);
  }

  /** A packet whose place a PUBREL takes is not found by its name any more. */
  loseName(packet: QueuedPacket): void {
    if (packet.name === undefined) return;
    const others = (this.#names?.get(packet.name) ?? []).filter((other) => other !== packet);
    if (others.length === 0) this.#names?.delete(packet.name);
    else this.#names?.set(packet.name, others);
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
    const namesakes = (name !== undefined && this.#byName().get(name)) || [];
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
    return name === undefined
      ? undefined
      : this.#byName()
          .get(name)
          ?.find((other) => other.messageId === undefined);
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

  #byName(): Map<string, QueuedPacket[]> {
    if (this.#names === undefined) {
      this.#names = new Map();
      for (const packet of this.#packets.values()) addName(this.#names, packet);
    }
    return this.#names;
  }

  #ofMessageId(messageId: number | undefined): QueuedPacket | undefined {
    return messageId === undefined ? undefined : this.#byMessageId.get(messageId);
  }

  #loseMessageId(packet: QueuedPacket): void {
    if (packet.messageId === undefined || this.#byMessageId.get(packet.messageId) !== packet) return;
    this.#byMessageId.delete(packet.messageId);
  }
}

function addName(names: Map<string, QueuedPacket[]>, packet: QueuedPacket): void {
  if (packet.name === undefined) return;
  const namesakes = names.get(packet.name);
  if (namesakes === undefined) names.set(packet.name, [packet]);
  else namesakes.push(packet);
}

/** What tells one message from every other: the broker process it came in by, and its number there. */
export function packetName({ brokerId, brokerCounter }: SessionPacket): string | undefined {
  return brokerId === undefined ? undefined : `${brokerId}:${brokerCounter}`;
}
