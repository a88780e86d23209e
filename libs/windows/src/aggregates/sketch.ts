import { SKETCH_KEY_SHIFT, SKETCH_LOG_BASE, SKETCH_LOG_MIDDLE, SKETCH_SMALLEST } from '@seawall/model';
import type { PartialAggregate } from './aggregate.ts';

/** Readings would have to be in every 2 % of 17 decades to fill more. */
export const MAX_SKETCH_BUCKETS = 2048;

const MIN = 0;
const MAX = 1;
const BUCKETS = 2;

/**
 * A sketch of the values of readings after Masson, Rim and Lee's DDSketch: counts in buckets as wide as the error
 * allows, and with them the smallest and the greatest value. The partial: min, max, then key and count of each bucket
 * that holds something, in the order of values. Counts only add up, so what a sketch comes to does not depend on how
 * its readings were put together. Should it have too many buckets, those nearest to 0 are counted as 0.
 */
export function emptySketch(): PartialAggregate {
  return [Infinity, -Infinity];
}

export function addToSketch(sketch: PartialAggregate, value: Float64Array, from: number, to: number): void {
  const length = to - from;
  const keys = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    // −0 becomes 0, or the first of the two would stay.
    const x = value[from + i]! + 0;
    if (x < sketch[MIN]!) sketch[MIN] = x;
    if (x > sketch[MAX]!) sketch[MAX] = x;
    keys[i] = keyOf(x);
  }
  keys.sort();
  for (let i = 0, at = BUCKETS, next = 0; i < length; i = next) {
    while (next < length && keys[next] === keys[i]) next++;
    at = count(sketch, at, keys[i]!, next - i);
  }
  bound(sketch);
}

export function mergeSketches(sketch: PartialAggregate, later: PartialAggregate): void {
  sketch[MIN] = Math.min(sketch[MIN]!, later[MIN]!);
  sketch[MAX] = Math.max(sketch[MAX]!, later[MAX]!);
  for (let i = BUCKETS, at = BUCKETS; i < later.length; i += 2) at = count(sketch, at, later[i]!, later[i + 1]!);
  bound(sketch);
}

/** The value of nearest rank, ⌊np + 0.5⌋ clamped to 1…n, within the error; the first and the last are exact. */
export function percentileOf(sketch: PartialAggregate, percent: number): number {
  let readings = 0;
  for (let i = BUCKETS; i < sketch.length; i += 2) readings += sketch[i + 1]!;
  const rank = Math.floor((readings * percent + 50) / 100);
  if (rank <= 1) return sketch[MIN]!;
  if (rank >= readings) return sketch[MAX]!;
  let at = BUCKETS;
  for (let seen = sketch[at + 1]!; seen < rank; seen += sketch[at + 1]!) at += 2;
  return Math.min(Math.max(valueOf(sketch[at]!), sketch[MIN]!), sketch[MAX]!);
}

function keyOf(value: number): number {
  const size = Math.abs(value);
  if (size < SKETCH_SMALLEST) return 0;
  const key = Math.ceil(Math.log(size) / SKETCH_LOG_BASE) + SKETCH_KEY_SHIFT;
  return value < 0 ? -key : key;
}

function valueOf(key: number): number {
  if (key === 0) return 0;
  const size = Math.exp((Math.abs(key) - SKETCH_KEY_SHIFT) * SKETCH_LOG_BASE + SKETCH_LOG_MIDDLE);
  return key < 0 ? -size : size;
}

/** Counts in the bucket of a key, which is not before the bucket at `from`. @returns where it is */
function count(sketch: PartialAggregate, from: number, key: number, readings: number): number {
  const at = find(sketch, from, key);
  if (sketch[at] === key) sketch[at + 1]! += readings;
  else if (at === sketch.length) sketch.push(key, readings);
  else sketch.splice(at, 0, key, readings);
  return at;
}

/** Where the first bucket from `from` on is that has this key or a greater one. */
function find(sketch: PartialAggregate, from: number, key: number): number {
  let [low, high] = [from / 2, sketch.length / 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sketch[middle * 2]! < key) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

/**
 * Counts the buckets nearest to 0 as 0 until no more are left than there may be. Which are left is settled by what all
 * readings come to, in whatever order: the farthest ones, and of two as far from 0 the positive one.
 */
function bound(sketch: PartialAggregate): void {
  const buckets = (sketch.length - BUCKETS) / 2;
  if (buckets < MAX_SKETCH_BUCKETS) return;
  let above = find(sketch, BUCKETS, 0);
  let below = above;
  let zeros = 0;
  if (sketch[above] === 0) {
    zeros = sketch[above + 1]!;
    above += 2;
  }
  for (let left = buckets - (above - below) / 2; left >= MAX_SKETCH_BUCKETS; left--) {
    const negative = below > BUCKETS ? -sketch[below - 2]! : Infinity;
    if (negative <= (sketch[above] ?? Infinity)) {
      below -= 2;
      zeros += sketch[below + 1]!;
    } else {
      zeros += sketch[above + 1]!;
      above += 2;
    }
  }
  if (zeros > 0) sketch.splice(below, above - below, 0, zeros);
}
