import { createHash } from 'node:crypto';

const HASH_BYTES = 16;
/** LMDB's keys end at 1,978 bytes, an MQTT topic at 65,535. */
const MAX_TOPIC_KEY = 1024;

/** Client ids and topic filters may be of any length, keys not: 128 bits of SHA-256 stand for them. */
export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, HASH_BYTES);
}

/** Where a client's packet with this number (below 2^48) is kept: a client's keys stand together, in order. */
export function packetKey(clientKey: Buffer, number: number): Buffer {
  const key = Buffer.alloc(HASH_BYTES + 6);
  clientKey.copy(key);
  key.writeUIntBE(number, HASH_BYTES, 6);
  return key;
}

export function packetKeyNumber(key: Buffer): number {
  return key.readUIntBE(HASH_BYTES, 6);
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
