import type { SessionPacket } from '@seawall/ports';

const LENGTH_BYTES = 4;
/** Set in the length when the payload was text, which then comes back as text. */
const TEXT = 0x8000_0000;

/** A packet as bytes: the length of a header (uint32), the header (JSON of every field but the payload), the payload. */
export function encodePacket(packet: SessionPacket): Buffer {
  const { payload, ...fields } = packet;
  const header = Buffer.from(JSON.stringify(fields));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(header.length + (typeof payload === 'string' ? TEXT : 0));
  return Buffer.concat([length, header, Buffer.from(payload ?? '')]);
}

export function decodePacket(bytes: Buffer): SessionPacket {
  const payload = bytes.subarray(headerEnd(bytes));
  const isText = bytes.readUInt32BE() >= TEXT;
  return { ...decodeFields(bytes), payload: isText ? payload.toString() : Buffer.from(payload) };
}

/** What a packet says of itself, without its payload. */
export function decodeFields(bytes: Buffer): SessionPacket {
  return JSON.parse(bytes.toString('utf8', LENGTH_BYTES, headerEnd(bytes))) as SessionPacket;
}

function headerEnd(bytes: Buffer): number {
  return LENGTH_BYTES + (bytes.readUInt32BE() % TEXT);
}

/** The fields that a packet keeps while it is queued; the rest belongs to the connection it came by. */
export function queueable(packet: SessionPacket): SessionPacket {
  const { clientId, nl, properties, messageExpiry } = packet as SessionPacket & Record<string, unknown>;
  return {
    ...defined({ clientId, nl, properties, messageExpiry }),
    ...defined({ brokerId: packet.brokerId, brokerCounter: packet.brokerCounter }),
    cmd: packet.cmd ?? 'publish',
    topic: packet.topic ?? '',
    payload: packet.payload ?? Buffer.alloc(0),
    qos: packet.qos ?? 0,
    retain: packet.retain ?? false,
    dup: packet.dup ?? false,
  };
}

function defined(fields: Record<string, unknown>): SessionPacket {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
