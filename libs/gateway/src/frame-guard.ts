import { PacketTexts } from './packet-texts.ts';

/** Which packet was too long, as far as it can be told from what has come of it. */
export interface OversizedPacket {
  readonly fault: 'too-large';
  /** Of the whole packet, its fixed header counted in. */
  readonly bytes: number;
  /** Of a PUBLISH whose topic came with its header. */
  readonly topic: string | undefined;
}

/** Why a connection can't go on. */
export type FrameFault = OversizedPacket | { readonly fault: 'no-connect' | 'not-utf8' };

const CONNECT = 1;
const PUBLISH = 3;

/**
 * Follows the packets in a connection's bytes, and tells of one that is too long as soon as its fixed header is there,
 * before anything is buffered for it; of a first packet that is no CONNECT [MQTT-3.1.0-1]; and of texts that are not UTF-8.
 */
export class FrameGuard {
  readonly #maxPacketBytes: number;
  readonly #maxConnectBytes: number;
  /** The first packet's fixed header is still to come. */
  #first = true;
  /** Bytes of the present packet's fixed header, as far as it has come. */
  #header = 0;
  /** Bytes of the present packet still to come, after its fixed header. */
  #body = 0;
  #type = 0;
  /** Of a remaining length that is being read: 0 before its first byte, else 128 to the power of the bytes read. */
  #scale = 0;
  #length = 0;
  readonly #texts = new PacketTexts();

  constructor(maxPacketBytes: number, maxConnectBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
    this.#maxConnectBytes = Math.min(maxConnectBytes, maxPacketBytes);
  }

  check(chunk: Uint8Array): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body > 0) {
        const end = Math.min(at + this.#body, chunk.length);
        if (!this.#texts.take(chunk, at, end)) return { fault: 'not-utf8' };
        this.#body -= end - at;
        at = end;
      } else if (this.#scale === 0) {
        this.#type = chunk[at++]! >> 4;
        this.#header = 1;
        this.#scale = 1;
        this.#length = 0;
        if (this.#first && this.#type !== CONNECT) return { fault: 'no-connect' };
      } else if (this.#digit(chunk[at++]!)) {
        const max = this.#first ? this.#maxConnectBytes : this.#maxPacketBytes;
        this.#first = false;
        if (this.#header + this.#body > max) return this.#oversized(chunk, at);
        this.#texts.begin(this.#type, this.#body);
      }
    }
    return undefined;
  }

  #oversized(chunk: Uint8Array, at: number): OversizedPacket {
    const topic = this.#type === PUBLISH ? topicAt(chunk, at) : undefined;
    return { fault: 'too-large', bytes: this.#header + this.#body, topic };
  }

  /** @returns whether this was the last byte of the remaining length (2.2.3: four at most) */
  #digit(byte: number): boolean {
    this.#header++;
    this.#length += (byte & 127) * this.#scale;
    this.#scale *= 128;
    // A fifth byte is malformed, which the parser finds for itself.
    if (byte >= 128 && this.#scale < 128 ** 4) return false;
    this.#scale = 0;
    this.#body = this.#length;
    return true;
  }
}

function topicAt(chunk: Uint8Array, at: number): string | undefined {
  if (at + 2 > chunk.length) return undefined;
  const end = at + 2 + chunk[at]! * 256 + chunk[at + 1]!;
  return end <= chunk.length ? Buffer.from(chunk.subarray(at + 2, end)).toString('utf8') : undefined;
}
