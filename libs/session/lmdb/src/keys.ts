import { createHash } from 'node:crypto';

const HASH_BYTES = 16;
export const PACKET_KEY_BYTES = HASH_BYTES + 6;
/** LMDB's keys end at 1,978 bytes, an MQTT topic at 65,535. */
const MAX_TOPIC_KEY = 1024;

/** Client ids and topic filters may be of any length, keys not: 128 bits of SHA-256 stand for them. */
export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, HASH_BYTES);
}

/** Where a client's packet with this number (below 2^48) is kept: a client's keys stand together, in order. */
export function packetKey(clientKey: Buffer, number: number): Buffer {
  const key = Buffer.alloc(PACKET_KEY_BYTES);
  clientKey.copy(key);
  key.writeUIntBE(number, HASH_BYTES, 6);
  return key;
}

export function packetKeyNumber(key: Buffer): number {
  return key.readUIntBE(HASH_BYTES, 6);
}

/** Where a queued message with this number (below 2^48) is kept: in the order of their numbers. */
export function messageKey(number: number): Buffer {
  const key = Buffer.alloc(6);
  key.writeUIntBE(number, 0, 6);
  return key;
}

export function messageKeyNumber(key: Buffer): number {
  return key.readUIntBE(0, 6);
}

/** Where the delivery of a message to the recipient in this place is noted: those of a message stand together. */
export function deliveryKey(number: number, place: number): Buffer {
  const key = Buffer.alloc(10);
  key.writeUIntBE(number, 0, 6);
  key.writeUInt32BE(place, 6);
  return key;
}

export function deliveryKeyPlace(key: Buffer): number {
  return key.readUInt32BE(6);
}

/** A topic's key sorts as the topic does, so that topics with one prefix stand together; a long one ends in a hash. */
export function topicKey(topic: string): Buffer {
  const bytes = Buffer.from(topic);
  return bytes.length <= MAX_TOPIC_KEY ? bytes : Buffer.concat([topicKeyPrefix(bytes), hashKey(topic)]);
}

/** What the keys of all topics that begin so have in common. */
export function topicKeyPrefix(prefix: Buffer): Buffer {
  return prefix.subarray(0, MAX_TOPIC_KEY - HASH_BYTES);
}
