import { decodePacket } from './packet-codec.ts';
import type { SessionPacket } from '@seawall/ports';

const OWNER_AT = 4;
const PACKET_IDS = 65_536;

/**
 * A packet that belongs to a client's session, as it is stored: its packet identifier (uint16, 0 for none), the length
 * of its owner's id (uint16), the id, then the packet.
 */
export function ownedPacket(owner: string, messageId: number | undefined, packet: Buffer): Buffer {
  const id = Buffer.from(owner);
  const head = Buffer.alloc(OWNER_AT);
  head.writeUInt16BE((messageId ?? 0) % PACKET_IDS, 0);
  head.writeUInt16BE(id.length, 2);
  return Buffer.concat([head, id, packet]);
}

export function ownerOf(stored: Buffer): string {
  return stored.toString('utf8', OWNER_AT, packetAt(stored));
}

export function messageIdOf(stored: Buffer): number | undefined {
  return stored.readUInt16BE(0) || undefined;
}

export function ownedBytesOf(stored: Buffer): Buffer {
  return stored.subarray(packetAt(stored));
}

export function packetOf(stored: Buffer): SessionPacket {
  return decodePacket(ownedBytesOf(stored));
}

function packetAt(stored: Buffer): number {
  return OWNER_AT + stored.readUInt16BE(2);
}
