import { UnknownPacketError, type SessionPacket } from '@seawall/ports';
import type { Database } from 'lmdb';
import { ClientQueue, type QueuedPacket } from './client-queue.ts';
import { decodeDelivery, encodeDelivery, type Delivery } from './delivery-record.ts';
import { deliveryKey, deliveryKeyPlace, messageKey, messageKeyNumber } from './keys.ts';
import { encodeRecipients, packetBytesOf, recipientsOf } from './message-record.ts';
import { decodeFields, decodePacket, encodePacket, queueable } from './packet-codec.ts';
import { newMessage, type QueuedMessage } from './queued-message.ts';
import { QueuesBySize } from './queues-by-size.ts';

export interface QueueLimits {
  readonly packetsPerClient: number;
  /** Of the packets that are owed to one client. */
  readonly bytesPerClient: number;
  /** Over all clients: each message once, and `BYTES_TO_OWE` for each client that it is owed to. */
  readonly bytes: number;
}

/** About what it takes in memory to owe one message to one client. */
export const BYTES_TO_OWE = 384;

export interface QueueTables {
  /** By number: the recipients of each. */
  readonly messages: Database<Buffer, Buffer>;
  /** By the message's number: what it says, apart from them, so that its delivery to one reads nothing of the others. */
  readonly packets: Database<Buffer, Buffer>;
  /** By the message's number and the recipient's place in it: how far its delivery has come. */
  readonly deliveries: Database<Buffer, Buffer>;
}

/** Of a packet that is not written yet. */
const NOWHERE = -1;
const OVER: Delivery = { stage: 'over', messageId: undefined };

/**
 * What QoS 1 and 2 still owe the clients with sessions: an index in memory, and each message once on disk, however many
 * wait for it. That a recipient has got it is noted beside it; with the last of them the message goes, and then its
 * packet and its notes. What a crash leaves in between are packets and notes without a message, which the next start removes.
 */
export class OutgoingQueues {
  readonly #messages: Database<Buffer, Buffer>;
  readonly #packetRows: Database<Buffer, Buffer>;
  readonly #deliveries: Database<Buffer, Buffer>;
  readonly #limits: QueueLimits;
  /** Clients with an empty queue have none. */
  readonly #queues = new Map<string, ClientQueue>();
  readonly #bySize = new QueuesBySize();
  /** What is on disk and means nothing any more. */
  readonly #leftOver = { messages: [] as Buffer[], packets: [] as Buffer[], deliveries: [] as Buffer[] };
  #lastMessage = 0;
  #lastPacket = 0;
  #packets = 0;
  #bytes = 0;
  #dropped = 0;

  constructor({ messages, packets, deliveries }: QueueTables, limits: QueueLimits) {
    this.#messages = messages;
    this.#packetRows = packets;
    this.#deliveries = deliveries;
    this.#limits = limits;
    this.#load();
  }

  get packets(): number {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  has(clientId: string): boolean {
    return this.#queues.has(clientId);
  }

  clientIds(): Iterable<string> {
    return this.#queues.keys();
  }

  /** Removes what a crash has left of messages that were done with. */
  async tidy(): Promise<void> {
    const { messages, packets, deliveries } = this.#leftOver;
    await Promise.all([
      ...messages.splice(0).map((key) => this.#messages.remove(key)),
      ...packets.splice(0).map((key) => this.#packetRows.remove(key)),
      ...deliveries.splice(0).map((key) => this.#deliveries.remove(key)),
    ]);
  }

  async enqueue(clientIds: readonly string[], packet: SessionPacket): Promise<void> {
    if (clientIds.length === 0) return;
    const kept = queueable(packet);
    const bytes = encodePacket(kept);
    const message = newMessage(++this.#lastMessage, kept, bytes.length, bytes);
    const dropped: QueuedPacket[] = [];
    const added = clientIds.flatMap((clientId) => this.#owe(clientId, message, dropped) ?? []);
    // Some may have had to give way to others.
    const owed = added.filter((queued) => queued.queue.has(queued));
    for (const [place, queued] of owed.entries()) queued.place = place;
    await Promise.all([this.#noteOver(dropped), this.#write(message, owed, bytes)]);
  }

  /** Gives a packet the identifier it is sent under, or puts a PUBREL into its place. */
  async update(clientId: string, packet: SessionPacket): Promise<void> {
    const queue = this.#queues.get(clientId);
    const queued = queue?.findSent(packet);
    if (queue === undefined || queued === undefined) {
      throw new UnknownPacketError(`The queue of client "${clientId}" holds no packet ${packet.messageId}.`);
    }
    if (packet.cmd === 'pubrel') {
      queue.loseName(queued);
      queued.isReceived = true;
      return this.#note(queued, { stage: 'received', messageId: queued.messageId });
    }
    if (queued.messageId === packet.messageId) return;
    queue.setMessageId(queued, packet.messageId);
    // At-least-once allows a QoS 1 packet to be sent under another identifier after a restart; exactly-once does not.
    if (queued.message.qos < 2) return;
    await this.#note(queued, { stage: 'sent', messageId: packet.messageId });
  }

  /** Takes a packet out. */
  async clear(clientId: string, packet: SessionPacket): Promise<SessionPacket | undefined> {
    const queued = this.#queues.get(clientId)?.findDone(packet);
    if (queued === undefined) return undefined;
    const cleared = this.#packet(queued);
    this.#forget(queued);
    await this.#noteOver([queued]);
    return cleared;
  }

  async clearAll(clientId: string): Promise<void> {
    const all = this.#queues.get(clientId)?.all() ?? [];
    for (const queued of all) this.#forget(queued);
    await this.#noteOver(all);
  }

  /** The queue as it stands now; what is cleared before it is read is left out. */
  list(clientId: string): Iterable<SessionPacket> {
    const queue = this.#queues.get(clientId);
    return queue === undefined ? [] : this.#handedOut(queue, queue.all());
  }

  *#handedOut(queue: ClientQueue, packets: readonly QueuedPacket[]): Iterable<SessionPacket> {
    for (const queued of packets) {
      const packet = queue.has(queued) ? this.#packet(queued) : undefined;
      if (packet === undefined) continue;
      queue.handOut(queued);
      yield packet;
    }
  }

  /** @param dropped gets what had to give way */
  #owe(clientId: string, message: QueuedMessage, dropped: QueuedPacket[]): QueuedPacket | undefined {
    const queue = this.#queues.get(clientId) ?? new ClientQueue(clientId);
    if (!this.#makeRoom(queue, message, dropped)) {
      this.#dropped++;
      return undefined;
    }
    return this.#add(queue, message, NOWHERE, undefined);
  }

  /**
   * Drops what must give way to a packet: of its own queue, where that is full, what has waited longest; where all
   * queues together are full, of the largest one, which as a rule is of a client that never came back.
   * @returns false if there can't be room for it
   */
  #makeRoom(queue: ClientQueue, message: QueuedMessage, dropped: QueuedPacket[]): boolean {
    const { packetsPerClient, bytesPerClient, bytes: bytesInAll } = this.#limits;
    const { bytes } = message;
    if (bytes > bytesPerClient || BYTES_TO_OWE + bytes > bytesInAll) return false;
    while (queue.length >= packetsPerClient || queue.bytes + bytes > bytesPerClient) {
      const oldest = queue.oldestWaiting();
      if (oldest === undefined) return false;
      this.#drop(oldest, dropped);
    }
    while (this.#bytes + BYTES_TO_OWE + (message.left === 0 ? bytes : 0) > bytesInAll) {
      const largest = this.#bySize.largest();
      // All of it may have been sent, to a client that left without an answer; it is the largest all the same.
      const oldest = largest?.oldestWaiting() ?? largest?.oldestUnreceived();
      if (oldest === undefined) return false;
      this.#drop(oldest, dropped);
    }
    return true;
  }

  #drop(queued: QueuedPacket, dropped: QueuedPacket[]): void {
    this.#dropped++;
    this.#forget(queued);
    dropped.push(queued);
  }

  #packet({ message, messageId, isReceived }: QueuedPacket): SessionPacket | undefined {
    if (isReceived) return { cmd: 'pubrel', messageId };
    const stored = message.pending ?? this.#read(message);
    return stored && { ...decodePacket(stored), messageId };
  }

  #read({ number, isWhole }: QueuedMessage): Buffer | undefined {
    const key = messageKey(number);
    if (!isWhole) return this.#packetRows.get(key);
    const stored = this.#messages.get(key);
    return stored && packetBytesOf(stored);
  }

  async #write(message: QueuedMessage, owed: readonly QueuedPacket[], bytes: Buffer): Promise<void> {
    if (owed.length === 0) return;
    const recipients = owed.map(({ queue }) => queue.clientId);
    try {
      const key = messageKey(message.number);
      // A message is there once its recipients are.
      await Promise.all([this.#packetRows.put(key, bytes), this.#messages.put(key, encodeRecipients(recipients))]);
    } catch (error) {
      for (const queued of owed) this.#forget(queued);
      throw error;
    } finally {
      message.pending = undefined;
    }
  }

  async #note({ message, place }: QueuedPacket, delivery: Delivery): Promise<void> {
    message.noted.add(place);
    await this.#deliveries.put(deliveryKey(message.number, place), encodeDelivery(delivery));
  }

  /** Notes that these, which are forgotten, are owed no more; of messages that nobody waits for, nothing is left. */
  async #noteOver(packets: readonly QueuedPacket[]): Promise<void> {
    const written = packets.filter(({ place }) => place !== NOWHERE);
    const done = new Set(written.map(({ message }) => message).filter(({ left }) => left === 0));
    const noted = written.filter(({ message }) => !done.has(message)).map((queued) => this.#note(queued, OVER));
    await Promise.all([...noted, ...[...done].flatMap((message) => this.#remove(message))]);
  }

  #remove({ number, noted, isWhole }: QueuedMessage): Promise<unknown>[] {
    const key = messageKey(number);
    const removed = [this.#messages.remove(key), ...(isWhole ? [] : [this.#packetRows.remove(key)])];
    return [...removed, ...[...noted].map((place) => this.#deliveries.remove(deliveryKey(number, place)))];
  }

  #load(): void {
    const notes = this.#loadNotes();
    for (const { key, value } of this.#messages.getRange()) {
      const number = messageKeyNumber(key);
      this.#lastMessage = Math.max(this.#lastMessage, number);
      const message = this.#loadMessage(number, value);
      if (message === undefined) {
        this.#leftOver.messages.push(messageKey(number));
        continue;
      }
      const ofMessage = notes.get(number);
      for (const place of ofMessage?.keys() ?? []) message.noted.add(place);
      for (const [place, clientId] of recipientsOf(value).entries()) {
        const delivery = ofMessage?.get(place);
        if (delivery?.stage === 'over') continue;
        this.#add(this.#queues.get(clientId) ?? new ClientQueue(clientId), message, place, delivery);
      }
      if (message.left === 0) this.#leftOver.messages.push(messageKey(number));
      else notes.delete(number);
    }
    this.#loadLonePackets(new Set(this.#leftOver.messages.map(messageKeyNumber)));
    for (const [number, ofMessage] of notes) {
      this.#lastMessage = Math.max(this.#lastMessage, number);
      for (const place of ofMessage.keys()) this.#leftOver.deliveries.push(deliveryKey(number, place));
    }
  }

  #loadMessage(number: number, stored: Buffer): QueuedMessage | undefined {
    const whole = packetBytesOf(stored);
    const isWhole = whole.length > 0;
    const bytes = isWhole ? whole : this.#packetRows.get(messageKey(number));
    return bytes && { ...newMessage(number, decodeFields(bytes), bytes.length), isWhole };
  }

  /** @param done messages that nobody waits for */
  #loadLonePackets(done: ReadonlySet<number>): void {
    for (const key of this.#packetRows.getKeys()) {
      const number = messageKeyNumber(key);
      this.#lastMessage = Math.max(this.#lastMessage, number);
      if (done.has(number) || !this.#messages.doesExist(key)) this.#leftOver.packets.push(messageKey(number));
    }
  }

  #loadNotes(): Map<number, Map<number, Delivery>> {
    const notes = new Map<number, Map<number, Delivery>>();
    for (const { key, value } of this.#deliveries.getRange()) {
      const number = messageKeyNumber(key);
      let ofMessage = notes.get(number);
      if (ofMessage === undefined) notes.set(number, (ofMessage = new Map<number, Delivery>()));
      ofMessage.set(deliveryKeyPlace(key), decodeDelivery(value));
    }
    return notes;
  }

  #add(queue: ClientQueue, message: QueuedMessage, place: number, delivery: Delivery | undefined): QueuedPacket {
    const isReceived = delivery?.stage === 'received';
    const name = isReceived ? undefined : message.name;
    const number = ++this.#lastPacket;
    const queued: QueuedPacket = { number, queue, message, place, name, messageId: delivery?.messageId, isReceived };
    this.#queues.set(queue.clientId, queue);
    queue.add(queued);
    this.#bySize.changed(queue);
    this.#packets++;
    this.#bytes += BYTES_TO_OWE + (message.left === 0 ? message.bytes : 0);
    message.left++;
    return queued;
  }

  #forget(queued: QueuedPacket): void {
    const { queue, message } = queued;
    if (!queue.has(queued)) return;
    queue.delete(queued);
    this.#bySize.changed(queue);
    if (queue.length === 0) this.#queues.delete(queue.clientId);
    message.left--;
    this.#packets--;
    this.#bytes -= BYTES_TO_OWE + (message.left === 0 ? message.bytes : 0);
  }
}
