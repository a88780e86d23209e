import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeriesDigests } from './series-digest.ts';

type Plain = readonly [micros: number, value: number];

/** The definition in plain BigInt arithmetic. */
function slowChecksum(readings: readonly Plain[]): string {
  let sum = 0n;
  for (const [micros, value] of readings) {
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(BigInt(micros), 0);
    bytes.writeDoubleLE(Object.is(value, -0) ? 0 : value, 8);
    sum += (slowMurmur(bytes, 0n) << 32n) + slowMurmur(bytes, 1n);
  }
  return (sum % 2n ** 64n).toString(16).padStart(16, '0');
}

const MASK = 2n ** 32n - 1n;
const turn = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & MASK;

function slowMurmur(bytes: Buffer, seed: bigint): bigint {
  let hash = seed;
  for (let at = 0; at < bytes.length; at += 4) {
    const word = (turn((BigInt(bytes.readUInt32LE(at)) * 0xcc9e2d51n) & MASK, 15n) * 0x1b873593n) & MASK;
    hash = (turn(hash ^ word, 13n) * 5n + 0xe6546b64n) & MASK;
  }
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & MASK;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & MASK;
  return hash ^ (hash >> 16n);
}

function checksumOf(readings: readonly Plain[], series = 0): string {
  const digests = new SeriesDigests();
  for (const [micros, value] of readings) digests.add(series, micros, value);
  return digests.checksum(series);
}

const micros = fc.integer({ min: -(2 ** 50), max: 2 ** 53 - 1 });
const reading = fc.tuple(micros, fc.double({ noNaN: true }));

describe('the digest of a series', () => {
  it('is what its definition says', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 50 }), (readings) => {
        expect(checksumOf(readings)).toBe(slowChecksum(readings));
      }),
    );
  });

  it('does not depend on the order of the readings, nor on the number of the series', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 50 }), fc.nat(1000), (readings, series) => {
        expect(checksumOf([...readings].reverse(), series)).toBe(checksumOf(readings));
      }),
    );
  });

  it('changes with a reading that is missing, changed by its last bit, or there twice', () => {
    const readings: Plain[] = Array.from({ length: 1000 }, (_, i) => [1_790_000_000_000_000 + i, i / 10]);
    const whole = checksumOf(readings);
    expect(checksumOf(readings.slice(1))).not.toBe(whole);
    expect(checksumOf([...readings, readings[7]!])).not.toBe(whole);
    expect(checksumOf([[1_790_000_000_000_001, 0], ...readings.slice(1)])).not.toBe(whole);
    expect(checksumOf([[1_790_000_000_000_000, Number.MIN_VALUE], ...readings.slice(1)])).not.toBe(whole);
  });

  it('takes −0 for 0', () => {
    expect(checksumOf([[1, -0]])).toBe(checksumOf([[1, 0]]));
  });

  it('goes on from what was noted', () => {
    const digests = new SeriesDigests();
    digests.restore(3, { readings: 2, checksum: checksumOf([[1, 1], [2, 2]]) }); // prettier-ignore
    digests.add(3, 3, 3);
    expect(digests.readings(3)).toBe(3);
    expect(digests.checksum(3)).toBe(checksumOf([[3, 3], [2, 2], [1, 1]])); // prettier-ignore
    expect(digests.readings(99)).toBe(0);
  });

  it('uses the hash that others know by this name', () => {
    expect(slowMurmur(Buffer.from('aaaa'), 0x9747b28cn)).toBe(0x5a97808an);
  });
});
