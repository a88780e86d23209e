import { isUtf8 } from 'node:buffer';

const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;

/** Of a CONNECT's flags (3.1.2.3). */
const WILL = 0x04;
const USER_NAME = 0x80;
/** What the parser takes for 3.1 and 3.1.1: only their CONNECT is read here, others are refused as a whole. */
const VERSIONS: ReadonlySet<number> = new Set([3, 4]);
const BRIDGE = 0x80;

/**
 * Tells of texts in packets that are not UTF-8 [MQTT-1.5.3-1]: topics, filters, client ids, user names. The parser decodes
 * them with U+FFFD for what is ill-formed, so that different texts become the same. Of a packet that comes in pieces those
 * are held that bring its texts, which the parser holds as well.
 */
export class PacketTexts {
  #type = 0;
  /** Bytes of the packet, after its fixed header. */
  #length = 0;
  /** How many of them must be there before there is more to say; 0 when all is said. */
  #wanted = 0;
  #held = 0;
  #pieces: Uint8Array[] = [];

  /** A packet's fixed header was read. */
  begin(type: number, length: number): void {
    this.#type = type;
    this.#length = length;
    if (type === PUBLISH) this.#wanted = Math.min(2, length);
    else this.#wanted = type === CONNECT || type === SUBSCRIBE || type === UNSUBSCRIBE ? length : 0;
  }

  /** More of the packet, up to its end at most. @returns whether its texts are UTF-8 as far as they are whole */
  take(chunk: Uint8Array, from: number, to: number): boolean {
    if (this.#wanted === 0) return true;
    if (this.#type === PUBLISH && this.#held === 0 && to - from >= 2) {
      // The usual case: a topic that is there as a whole.
      const end = textEnd(chunk, from);
      if (end <= to) {
        this.#wanted = 0;
        return isText(chunk, from + 2, end);
      }
    }
    this.#pieces.push(chunk.subarray(from, to));
    this.#held += to - from;
    return this.#held < this.#wanted || this.#judge();
  }

  #judge(): boolean {
    const bytes = Buffer.concat(this.#pieces);
    if (this.#type === PUBLISH && bytes.length >= 2) this.#wanted = Math.min(textEnd(bytes, 0), this.#length);
    if (bytes.length < this.#wanted) {
      this.#pieces = [bytes];
      return true;
    }
    this.#pieces = [];
    this.#held = this.#wanted = 0;
    return areTexts(this.#type, bytes);
  }
}

/** Texts that reach beyond the packet are left to the parser, which refuses it. */
function areTexts(type: number, bytes: Uint8Array): boolean {
  if (type === PUBLISH) return isText(bytes, 2, textEnd(bytes, 0));
  if (type === CONNECT) return areConnectTexts(bytes);
  // A packet id; then filters, each with its QoS when they are subscribed to.
  const after = type === SUBSCRIBE ? 1 : 0;
  for (let at = 2; at + 2 <= bytes.length;) {
    const end = textEnd(bytes, at);
    if (!isText(bytes, at + 2, end)) return false;
    at = end + after;
  }
  return true;
}

function areConnectTexts(bytes: Uint8Array): boolean {
  // The protocol's name, its version, flags, two bytes of keepalive.
  const version = textEnd(bytes, 0);
  if (!VERSIONS.has(bytes[version]! & ~BRIDGE)) return true;
  const flags = bytes[version + 1]!;
  let at = version + 4;
  const text = (): boolean => {
    const from = at + 2;
    at = textEnd(bytes, at);
    return isText(bytes, from, at);
  };
  if (!text()) return false;
  if (flags & WILL) {
    if (!text()) return false;
    // Its message may be anything.
    at = textEnd(bytes, at);
  }
  return !(flags & USER_NAME) || text();
}

/** Where a text ends whose length stands at a place; beyond all bytes where there is no length. */
function textEnd(bytes: Uint8Array, at: number): number {
  return at + 2 > bytes.length ? Infinity : at + 2 + bytes[at]! * 256 + bytes[at + 1]!;
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  if (to > bytes.length) return true;
  for (let i = from; i < to; i++) if (bytes[i]! > 127) return isUtf8(bytes.subarray(i, to));
  return true;
}
