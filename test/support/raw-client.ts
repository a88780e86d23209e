import type { Socket } from 'node:net';
import { parser as makeParser, type Packet } from 'mqtt-packet';
import { connectPacket, openSocket, PINGREQ, publishPacket } from './raw-mqtt.ts';
import { waitUntil } from './wait-until.ts';

/** What became of something that was sent. */
export type Fate = 'acknowledged' | 'closed';

/** An MQTT client that says exactly the bytes it is told to, right or wrong, and keeps what comes back. */
export class RawClient {
  readonly packets: Packet[] = [];
  closed = false;
  readonly #socket: Socket;
  #packetId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const parser = makeParser({ protocolVersion: 4 });
    parser.on('packet', (packet) => this.packets.push(packet));
    socket.on('data', (bytes) => parser.parse(bytes));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined); // a reset is a way to be disconnected; `closed` tells it
  }

  /** Connected by TCP only; nothing has been said yet. */
  static async open(url: string): Promise<RawClient> {
    return new RawClient(await openSocket(url));
  }

  static async connect(url: string, clientId: string): Promise<RawClient> {
    const client = await RawClient.open(url);
    client.send(connectPacket(clientId));
    await waitUntil('CONNACK comes', () => client.packets.some(({ cmd }) => cmd === 'connack') || client.closed);
    if (client.closed) throw new Error(`The hub closed the connection of ${clientId} instead of a CONNACK.`);
    return client;
  }

  send(bytes: Uint8Array): void {
    if (!this.closed) this.#socket.write(bytes);
  }

  /** Publishes at QoS 1 and waits for PUBACK or the end of the connection. */
  async publish(topic: string, payload: Buffer | string, timeoutMs = 10_000): Promise<Fate> {
    const id = this.publishUnawaited(topic, payload);
    const answered = () => this.acknowledged(id) || this.closed;
    await waitUntil(`"${topic}" is answered`, answered, timeoutMs, 2);
    return this.acknowledged(id) ? 'acknowledged' : 'closed';
  }

  /** @returns the packet id */
  publishUnawaited(topic: string, payload: Buffer | string): number {
    this.#packetId = (this.#packetId % 65_535) + 1;
    this.send(publishPacket(topic, payload, this.#packetId));
    return this.#packetId;
  }

  acknowledged(packetId: number): boolean {
    return this.packets.some(({ cmd, messageId }) => cmd === 'puback' && messageId === packetId);
  }

  /** Whether the other side has ended the connection, or still answers a ping, or neither in time. */
  async fate(timeoutMs = 5_000): Promise<'closed' | 'alive' | 'silent'> {
    const before = this.packets.filter(({ cmd }) => cmd === 'pingresp').length;
    this.send(PINGREQ);
    const answered = () => this.packets.filter(({ cmd }) => cmd === 'pingresp').length > before;
    await waitUntil('an answer', () => this.closed || answered(), timeoutMs, 5).catch(() => undefined);
    return this.closed ? 'closed' : answered() ? 'alive' : 'silent';
  }

  /** Reads nothing more: the other side's writes pile up. */
  stopReading(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
