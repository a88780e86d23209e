import { createConnection, type Socket } from 'node:net';
import { deviceId, deviceOf, eventTimeOf, valueIndexOf, VALUE_TEXTS, type LoadPlan } from './load-plan.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import { connectPacket, publishPacket } from './raw-mqtt.ts';

const TIME_DIGITS = 13;
const VALUE_DIGITS = 6;
const MAX_PACKET_ID = 65_535;
const VALUE_BYTES = VALUE_TEXTS.map((text) => Buffer.from(text));

interface Template {
  readonly bytes: Buffer;
  readonly packetIdAt: number;
  readonly timeAt: number;
  readonly valuesAt: readonly number[];
}

export interface LoadConnectionOptions {
  readonly plan: LoadPlan;
  readonly connection: number;
  readonly inFlight: number;
  readonly latency: LatencyHistogram;
  /** How many messages may be begun now; the caller keeps the rate. */
  readonly take: (wanted: number) => number;
}

/**
 * One device gateway on a raw socket. Packets are encoded once and then only patched, and all that may go at one
 * moment goes in one write: the generator must cost less than what it measures.
 */
export class LoadConnection {
  /** By message number: 1 once acknowledged. */
  acknowledged = new Uint8Array(1 << 14);
  sent = 0;
  acknowledgedCount = 0;
  /** Lost connections, and those the other side refused. */
  failures = 0;
  #socket: Socket | undefined;
  #connected = false;
  #rest: Buffer = Buffer.alloc(0);
  readonly #options: LoadConnectionOptions;
  readonly #templates: Template[];
  #inFlightMost: number;
  /** By packet id: the message in flight under it (or −1), and when it went. */
  readonly #messageOf = new Int32Array(MAX_PACKET_ID + 1).fill(-1);
  readonly #sentAt = new Float64Array(MAX_PACKET_ID + 1);

  constructor(options: LoadConnectionOptions) {
    this.#options = options;
    const { plan, connection } = options;
    this.#inFlightMost = options.inFlight;
    this.#templates = Array.from({ length: plan.devicesPerConnection }, (_, d) =>
      template(plan, deviceId(plan, connection, d)),
    );
  }

  get inFlight(): number {
    return this.sent - this.acknowledgedCount;
  }

  /** Resolves at CONNACK; whatever had been in flight before is sent again with DUP. */
  open(host: string, port: number): Promise<void> {
    this.close();
    this.#rest = Buffer.alloc(0);
    const socket = createConnection({ host, port, noDelay: true });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.on('connect', () =>
        socket.write(connectPacket(`${this.#options.plan.run}-gateway-${this.#options.connection}`)),
      );
      socket.on('data', (chunk) => {
        if (this.#connected) return this.#take(chunk);
        if (chunk.length < 4 || chunk[0] !== 0x20 || chunk[3] !== 0)
          return reject(new Error(`CONNACK was ${chunk.toString('hex')}`));
        this.#connected = true;
        this.#sendAgain();
        resolve();
        if (chunk.length > 4) this.#take(chunk.subarray(4));
      });
      socket.on('error', reject); // after the handshake the close event tells it
      socket.on('close', () => {
        if (this.#connected) this.failures++;
        this.#connected = false;
      });
    });
  }

  close(): void {
    this.#connected = false;
    this.#socket?.destroy();
  }

  /** @param inFlight messages that may wait for their PUBACK from now on; as at the beginning unless given */
  bound(inFlight = this.#options.inFlight): void {
    this.#inFlightMost = inFlight;
  }

  /** Begins as many new messages as the window and the rate allow, and no more than `most`. */
  pump(most = Infinity): void {
    if (!this.#connected) return;
    const room = Math.min(most, this.#inFlightMost - this.inFlight);
    const n = room > 0 ? this.#options.take(room) : 0;
    if (n === 0) return;
    this.#write(
      Array.from({ length: n }, () => this.sent++),
      false,
    );
  }

  #sendAgain(): void {
    const unacknowledged: number[] = [];
    for (let m = Math.max(0, this.sent - MAX_PACKET_ID); m < this.sent; m++) {
      if (this.acknowledged[m] !== 1) unacknowledged.push(m);
    }
    if (unacknowledged.length > 0) this.#write(unacknowledged, true);
  }

  #write(messages: readonly number[], dup: boolean): void {
    const size = this.#templates[0]!.bytes.length;
    const out = Buffer.allocUnsafe(size * messages.length);
    const now = performance.now();
    for (let i = 0; i < messages.length; i++) this.#encode(out, i * size, messages[i]!, dup, now);
    this.#socket!.write(out);
  }

  #encode(out: Buffer, at: number, message: number, dup: boolean, now: number): void {
    const { plan, connection } = this.#options;
    const { bytes, packetIdAt, timeAt, valuesAt } = this.#templates[deviceOf(plan, message)]!;
    const packetId = (message % MAX_PACKET_ID) + 1;
    bytes.copy(out, at);
    if (dup) out[at] = 0x3a;
    out[at + packetIdAt] = packetId >> 8;
    out[at + packetIdAt + 1] = packetId & 255;
    writeDigits(out, at + timeAt, eventTimeOf(plan, message));
    for (let k = 0; k < valuesAt.length; k++) {
      out.set(VALUE_BYTES[valueIndexOf(plan, connection, message, k)]!, at + valuesAt[k]!);
    }
    this.#messageOf[packetId] = message;
    this.#sentAt[packetId] = now;
  }

  #take(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const now = performance.now();
    let at = 0;
    for (; at + 4 <= data.length; at += 4) {
      if (data[at] !== 0x40 || data[at + 1] !== 2)
        throw new Error(`Expected a PUBACK, got ${data.subarray(at, at + 8).toString('hex')}`);
      this.#acknowledge((data[at + 2]! << 8) | data[at + 3]!, now);
    }
    this.#rest = data.subarray(at);
    this.pump();
  }

  #acknowledge(packetId: number, now: number): void {
    const message = this.#messageOf[packetId]!;
    if (message < 0) throw new Error(`PUBACK ${packetId} answers nothing in flight.`);
    this.#messageOf[packetId] = -1;
    if (message >= this.acknowledged.length) {
      const grown = new Uint8Array(this.acknowledged.length * 2);
      grown.set(this.acknowledged);
      this.acknowledged = grown;
    }
    this.acknowledged[message] = 1;
    this.acknowledgedCount++;
    this.#options.latency.add(now - this.#sentAt[packetId]!);
  }
}

/** Every packet of a plan has the same length, since ids, times and values have. */
function template(plan: LoadPlan, device: string): Template {
  const time = '1'.repeat(TIME_DIGITS);
  const value = '1'.repeat(VALUE_DIGITS);
  const values = plan.metrics.map((metric) => `${JSON.stringify(metric)}:${value}`).join(',');
  const payload = `{"ts":${time},"values":{${values}}}`;
  const bytes = publishPacket(`city/${plan.domain}/${device}/telemetry`, payload, 0);
  const payloadAt = bytes.length - Buffer.byteLength(payload);
  let from = bytes.indexOf('"values"');
  const valuesAt = plan.metrics.map(() => (from = bytes.indexOf(value, from) + VALUE_DIGITS) - VALUE_DIGITS);
  return { bytes, packetIdAt: payloadAt - 2, timeAt: bytes.indexOf(time, payloadAt), valuesAt };
}

function writeDigits(out: Buffer, at: number, time: number): void {
  let rest = time;
  for (let i = TIME_DIGITS - 1; i >= 0; i--) {
    const next = Math.floor(rest / 10);
    out[at + i] = 48 + (rest - next * 10);
    rest = next;
  }
}
