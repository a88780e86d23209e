import type { Series } from './series.ts';

/** How many readings a series has, and a checksum of them that does not depend on their order. */
export interface SeriesDigest extends Series {
  readonly readings: number;
  /** 16 hexadecimal digits, see `SeriesDigests`. */
  readonly checksum: string;
}

/**
 * Digests of many series at once, by number. A series' checksum is the sum, modulo 2^64, of one 64-bit number a reading:
 * MurmurHash3_x86_32 of its 16 bytes (event time in whole microseconds as int64, value as IEEE 754 binary64, both
 * little-endian; −0 counts as 0), with seed 0 for the upper half and seed 1 for the lower. So it is the same on every
 * store and in every order, and a reading that is missing, changed or there twice changes it.
 */
export class SeriesDigests {
  #count = new Float64Array(64);
  #high = new Uint32Array(64);
  #low = new Uint32Array(64);
  readonly #value = new Float64Array(1);
  readonly #valueHalves = new Uint32Array(this.#value.buffer);

  /** @param series its number @param micros event time, whole microseconds of the epoch */
  add(series: number, micros: number, value: number): void {
    if (series >= this.#count.length) this.#grow(series + 1);
    const timeLow = micros >>> 0;
    const timeHigh = Math.floor(micros / 2 ** 32) | 0;
    this.#value[0] = value + 0; // −0 + 0 is 0
    const valueLow = this.#valueHalves[0]!;
    const valueHigh = this.#valueHalves[1]!;
    const low = this.#low[series]! + murmur(1, timeLow, timeHigh, valueLow, valueHigh);
    this.#low[series] = low;
    this.#high[series]! += murmur(0, timeLow, timeHigh, valueLow, valueHigh) + (low >= 2 ** 32 ? 1 : 0);
    this.#count[series]!++;
  }

  readings(series: number): number {
    return this.#count[series] ?? 0;
  }

  checksum(series: number): string {
    return hex(this.#high[series] ?? 0) + hex(this.#low[series] ?? 0);
  }

  /** Goes on from what was noted of a series earlier. */
  restore(series: number, { readings, checksum }: Pick<SeriesDigest, 'readings' | 'checksum'>): void {
    if (series >= this.#count.length) this.#grow(series + 1);
    this.#count[series] = readings;
    this.#high[series] = parseInt(checksum.slice(0, 8), 16);
    this.#low[series] = parseInt(checksum.slice(8), 16);
  }

  #grow(size: number): void {
    const capacity = Math.max(size, this.#count.length * 2);
    const count = new Float64Array(capacity);
    const [high, low] = [new Uint32Array(capacity), new Uint32Array(capacity)];
    count.set(this.#count);
    high.set(this.#high);
    low.set(this.#low);
    this.#count = count;
    this.#high = high;
    this.#low = low;
  }
}

function hex(half: number): string {
  return half.toString(16).padStart(8, '0');
}

/** Austin Appleby's MurmurHash3_x86_32 of four words; the result is unsigned. */
function murmur(seed: number, a: number, b: number, c: number, d: number): number {
  let hash = block(block(block(block(seed, a), b), c), d) ^ 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function block(hash: number, word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  const turned = hash ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}
