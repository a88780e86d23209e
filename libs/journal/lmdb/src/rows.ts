import { createHash } from 'node:crypto';

/** What the log knows of an entry without reading it. */
export interface PlaceRow {
  /** Epoch ms. */
  readonly stamp: number;
  /** Encoded bytes of all entries before this one since the log began: the difference of two is what lies between. */
  readonly start: number;
}

export interface KeyRow {
  readonly seq: number;
  readonly stamp: number;
  readonly fingerprint: string;
}

/** Where an append went. */
export interface Place {
  readonly seq: number;
  readonly stamp: number;
}

export function encodeDoubles(first: number, second: number): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeDoubleLE(first, 0);
  bytes.writeDoubleLE(second, 8);
  return bytes;
}

export function encodeDouble(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(number, 0);
  return bytes;
}

export function decodePlaceRow(bytes: Buffer): PlaceRow {
  return { stamp: bytes.readDoubleLE(0), start: bytes.readDoubleLE(8) };
}

export function decodePlace(bytes: Buffer): Place {
  return { seq: bytes.readDoubleLE(0), stamp: bytes.readDoubleLE(8) };
}

export function encodeKeyRow({ seq, stamp, fingerprint }: KeyRow): Buffer {
  return Buffer.concat([encodeDoubles(seq, stamp), Buffer.from(fingerprint)]);
}

export function decodeKeyRow(bytes: Buffer): KeyRow {
  return { ...decodePlace(bytes), fingerprint: bytes.toString('utf8', 16) };
}

/** LMDB takes no more than 1,978 bytes as a key. */
const LONGEST_NAME = 500;

/** Any text as an LMDB key; long ones by their hash. The first byte tells the two apart, so that they never meet. */
export function nameKey(name: string): Buffer {
  const text = Buffer.from(name);
  if (text.length <= LONGEST_NAME) return Buffer.concat([Buffer.of(1), text]);
  return Buffer.concat([Buffer.of(2), createHash('sha256').update(text).digest()]);
}

/**
 * How a producer is called within the adapter: its key's length and its key, a byte a character. No such name begins
 * another, so the rows of one producer stand together.
 */
export function producerName(id: string): string {
  const name = nameKey(id);
  const bytes = Buffer.allocUnsafe(2 + name.length);
  bytes.writeUInt16BE(name.length, 0);
  name.copy(bytes, 2);
  return bytes.toString('latin1');
}

/** In the order of the sequence: doubles from 0 to Infinity sort as their big-endian bits. */
export function producerKey(name: string, producerSeq: number): Buffer {
  const key = Buffer.allocUnsafe(name.length + 8);
  key.write(name, 'latin1');
  key.writeDoubleBE(producerSeq, name.length);
  return key;
}

export function producerKeyParts(key: Uint8Array): { readonly name: string; readonly producerSeq: number } {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  const end = bytes.length - 8;
  return { name: bytes.toString('latin1', 0, end), producerSeq: bytes.readDoubleBE(end) };
}
