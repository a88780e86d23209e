/** Which packet was too long, as far as it can be told from what has come of it. */
export interface OversizedPacket {
  readonly bytes: number;
  /** Of a PUBLISH whose topic came with its header. */
  readonly topic: string | undefined;
}

const PUBLISH = 3;

/**
 * Follows the packets in a connection's bytes, and tells of one that is too long as soon as its fixed header is there,
 * before anything is buffered for it.
 */
export class FrameGuard {
  readonly #maxPacketBytes: number;
  /** Bytes of the present packet still to come, after its fixed header. */
  #body = 0;
  #type = 0;
  /** Of a remaining length that is being read: 0 before its first byte, else 128 to the power of the bytes read. */
  #scale = 0;
  #length = 0;

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  check(chunk: Uint8Array): OversizedPacket | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body > 0) {
        const skipped = Math.min(this.#body, chunk.length - at);
        this.#body -= skipped;
        at += skipped;
      } else if (this.#scale === 0) {
        this.#type = chunk[at++]! >> 4;
        this.#scale = 1;
        this.#length = 0;
      } else if (this.#digit(chunk[at++]!) && this.#body + 5 > this.#maxPacketBytes) {
        return { bytes: this.#body, topic: this.#type === PUBLISH ? topicAt(chunk, at) : undefined };
      }
    }
    return undefined;
  }

  /** @returns whether this was the last byte of the remaining length (2.2.3: four at most) */
  #digit(byte: number): boolean {
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
