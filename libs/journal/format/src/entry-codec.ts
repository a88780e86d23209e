import { crc32 } from 'node:zlib';
import { ENTRY_VERSION, type JournalEntry } from '@seawall/ports';
import { kindCode, kindOf, originCode, originOf } from './codes.ts';
import { DamagedEntryError, UnknownEntryVersionError } from './errors.ts';
import { decodeJsonPayload, encodeJsonPayload } from './json-payload.ts';
import { decodeReadings, prepareReadings, type PreparedPayload } from './readings-payload.ts';

/*
 * Version 1, little-endian:
 *   u8 version, u8 kind, u8 origin, u8 zero, u32 CRC-32 of all other bytes
 *   f64 stamp, f64 seq, u32 partition, u32 length of the extras
 *   the extras: JSON of producer and key, or nothing; zeros up to a multiple of 8
 *   the payload
 */
const CRC_AT = 4;
const HEADER_BYTES = 32;

type Extras = Pick<JournalEntry, 'producer' | 'key'>;

/** @throws RangeError for a payload that would not come back as it is */
export function encodeEntry(entry: JournalEntry): Uint8Array {
  if (entry.version !== ENTRY_VERSION) throw new RangeError(`Entries are written in version ${ENTRY_VERSION} only.`);
  const extras = encodeExtras(entry);
  const payloadAt = aligned(HEADER_BYTES + extras.length);
  const payload = preparePayload(entry);
  const bytes = new Uint8Array(payloadAt + payload.bytes);
  bytes[0] = entry.version;
  bytes[1] = kindCode(entry.kind);
  bytes[2] = originCode(entry.origin);
  const header = new DataView(bytes.buffer);
  header.setFloat64(8, entry.stamp, true);
  header.setFloat64(16, entry.seq, true);
  header.setUint32(24, entry.partition, true);
  header.setUint32(28, extras.length, true);
  bytes.set(extras, HEADER_BYTES);
  payload.write(bytes, payloadAt);
  header.setUint32(CRC_AT, checksum(bytes), true);
  return bytes;
}

/**
 * The entry of these bytes. Its columns may be views of them, so they must not change any more. `Series` and `Labels`
 * come as the same objects again and again.
 * @throws UnknownEntryVersionError, DamagedEntryError
 */
export function decodeEntry(encoded: Uint8Array): JournalEntry {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);
  if (bytes[0] !== ENTRY_VERSION) throw new UnknownEntryVersionError(bytes[0]);
  if (bytes.length < HEADER_BYTES)
    throw new DamagedEntryError(`A journal entry of ${bytes.length} bytes is cut short.`);
  if (checksum(bytes) !== bytes.readUInt32LE(CRC_AT)) {
    throw new DamagedEntryError(
      `The checksum of journal entry ${bytes.readDoubleLE(16)} is wrong: its bytes have changed.`,
    );
  }
  const kind = kindOf(bytes[1]!);
  const origin = originOf(bytes[2]!);
  if (!kind || !origin)
    throw new DamagedEntryError(`A journal entry is of kind ${bytes[1]}, origin ${bytes[2]}: there is none.`);
  const extrasEnd = HEADER_BYTES + bytes.readUInt32LE(28);
  const payloadAt = aligned(extrasEnd);
  const payload =
    kind === 'readings' ? decodeReadings(bytes, payloadAt) : decodeJsonPayload(kind, bytes.subarray(payloadAt));
  return {
    version: ENTRY_VERSION,
    kind,
    origin,
    ...(extrasEnd > HEADER_BYTES ? (JSON.parse(bytes.toString('utf8', HEADER_BYTES, extrasEnd)) as Extras) : {}),
    payload,
    stamp: bytes.readDoubleLE(8),
    partition: bytes.readUInt32LE(24),
    seq: bytes.readDoubleLE(16),
  } as JournalEntry;
}

const NO_EXTRAS = new Uint8Array(0);

function encodeExtras({ producer, key }: Extras): Uint8Array {
  if (!producer && !key) return NO_EXTRAS;
  return Buffer.from(JSON.stringify({ ...(producer && { producer }), ...(key && { key }) }));
}

function preparePayload(entry: JournalEntry): PreparedPayload {
  if (entry.kind === 'readings') return prepareReadings(entry.payload);
  const json = encodeJsonPayload(entry.kind, entry.payload);
  return { bytes: json.length, write: (target, offset) => target.set(json, offset) };
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(CRC_AT + 4), crc32(bytes.subarray(0, CRC_AT)));
}

function aligned(offset: number): number {
  return (offset + 7) & ~7;
}
