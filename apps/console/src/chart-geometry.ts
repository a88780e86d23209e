import { roundStep } from './colour-scale.ts';

export interface ChartLine {
  readonly name: string;
  /** Epoch ms, ascending. */
  readonly time: readonly number[];
  readonly value: readonly number[];
}

export interface Chart {
  readonly width: number;
  readonly height: number;
  /** The drawing's edges. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly from: number;
  readonly to: number;
  readonly yTicks: readonly { readonly value: number; readonly y: number }[];
  readonly xTicks: readonly { readonly time: number; readonly x: number }[];
  /** For each line the `points` of its polylines: it is broken where a bucket is missing. */
  readonly lines: readonly { readonly name: string; readonly pieces: readonly string[] }[];
  readonly thresholds: readonly { readonly value: number; readonly y: number }[];
}

const WIDTH = { width: 1000, left: 90, right: 985, top: 16 };
const FOOT = 48;
const HOUR = 3_600_000;

/**
 * @param range epoch ms @param stepMs of the buckets; a gap of more than three of them breaks a line
 * @param thresholds drawn where they are not so far away that they would flatten the lines
 * @param height of a drawing that is 1000 wide
 */
export function chartOf(
  lines: readonly ChartLine[],
  range: { readonly from: number; readonly to: number; readonly stepMs: number },
  thresholds: readonly number[] = [],
  height = 420,
): Chart {
  const size = { ...WIDTH, height, bottom: height - FOOT };
  const values = lines.flatMap((line) => line.value);
  const [low, high] = extent(values, thresholds);
  const step = roundStep((high - low) / 4);
  const bottom = Math.floor(low / step + 1e-9) * step;
  const top = Math.max(bottom + step, Math.ceil(high / step - 1e-9) * step);
  const x = (time: number) => size.left + ((time - range.from) / (range.to - range.from)) * (size.right - size.left);
  const y = (value: number) => size.bottom - ((value - bottom) / (top - bottom)) * (size.bottom - size.top);
  const count = Math.round((top - bottom) / step);
  const yTicks = Array.from({ length: count + 1 }, (_, i) => Number((bottom + i * step).toPrecision(12)));
  return {
    ...size,
    ...range,
    yTicks: yTicks.map((value) => ({ value, y: y(value) })),
    xTicks: hoursWithin(range).map((time) => ({ time, x: x(time) })),
    lines: lines.map((line) => ({ name: line.name, pieces: pieces(line, range.stepMs, x, y) })),
    thresholds: thresholds.filter((value) => value >= bottom && value <= top).map((value) => ({ value, y: y(value) })),
  };
}

/** The time under a place of the drawing. */
export function timeAt({ left, right, from, to }: Chart, x: number): number {
  return from + (Math.min(1, Math.max(0, (x - left) / (right - left))) || 0) * (to - from);
}

/** The value of the bucket that holds a time, or of the one before; undefined in a gap. */
export function valueAt({ time, value }: ChartLine, at: number, stepMs: number): number | undefined {
  const i = time.findLastIndex((start) => start <= at);
  return i < 0 || at - time[i]! > 3 * stepMs ? undefined : value[i];
}

function extent(values: readonly number[], thresholds: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(max - min, Math.abs(max) / 10, 1e-6);
  const near = thresholds.filter((value) => value >= min - 2 * room && value <= max + 2 * room);
  const [low, high] = [Math.min(min, ...near), Math.max(max, ...near)];
  return high - low < room * 0.01 ? [low - room / 2, high + room / 2] : [low, high];
}

function hoursWithin({ from, to }: { readonly from: number; readonly to: number }): number[] {
  const every = 4 * HOUR;
  const first = Math.ceil(from / HOUR) * HOUR + 2 * HOUR;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / every) + 1) }, (_, i) => first + i * every);
}

function pieces(
  { time, value }: ChartLine,
  stepMs: number,
  x: (time: number) => number,
  y: (value: number) => number,
): string[] {
  const runs: string[][] = [];
  time.forEach((at, i) => {
    if (i === 0 || at - time[i - 1]! > 3 * stepMs) runs.push([]);
    runs.at(-1)!.push(`${x(at).toFixed(1)},${y(value[i]!).toFixed(1)}`);
  });
  // A point alone is drawn as a short stroke.
  return runs.map((run) => (run.length === 1 ? `${run[0]} ${run[0]}` : run.join(' ')));
}
