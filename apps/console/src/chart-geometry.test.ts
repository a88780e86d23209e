import { describe, expect, it } from '@jest/globals';
import { chartOf, timeAt, valueAt } from './chart-geometry.ts';

const HOUR = 3_600_000;
const STEP = 5 * 60_000;
const range = { from: 0, to: 24 * HOUR, stepMs: STEP };

describe('a chart', () => {
  it('spans its range and has round ticks around its values', () => {
    const chart = chartOf([{ name: 'a', time: [0, STEP, 24 * HOUR], value: [12, 48, 20] }], range);
    expect(chart.yTicks.map(({ value }) => value)).toEqual([10, 20, 30, 40, 50]);
    expect(chart.yTicks.map(({ y }) => y).slice(0, 1)).toEqual([chart.bottom]);
    expect(chart.yTicks.at(-1)!.y).toBe(chart.top);
    const first = chart.lines[0]!.pieces[0]!.split(' ')[0]!;
    expect(first.split(',').map(Number)[0]).toBe(chart.left);
  });

  it('breaks a line where buckets are missing, and still shows a point alone', () => {
    const time = [0, STEP, 2 * STEP, 10 * STEP, 20 * STEP, 21 * STEP];
    const { pieces } = chartOf([{ name: 'a', time, value: time.map((_, i) => i) }], range).lines[0]!;
    expect(pieces.map((piece) => piece.split(' ').length)).toEqual([3, 2, 2]);
    expect(new Set(pieces[1]!.split(' ')).size).toBe(1);
  });

  it('shows a threshold that is near, and leaves out one that would flatten the line', () => {
    const line = { name: 'a', time: [0, STEP], value: [40, 60] };
    expect(chartOf([line], range, [75, 5000]).thresholds.map(({ value }) => value)).toEqual([75]);
  });

  it('draws a line that never changes, also at zero', () => {
    for (const value of [0, 7, -3]) {
      const chart = chartOf([{ name: 'a', time: [0, STEP], value: [value, value] }], range);
      expect(chart.lines[0]!.pieces.join()).not.toMatch(/NaN|Infinity/);
      expect(chart.yTicks.length).toBeGreaterThan(1);
    }
  });

  it('finds the time under the pointer and the value at it', () => {
    const line = { name: 'a', time: [0, STEP, 20 * STEP], value: [1, 2, 3] };
    const chart = chartOf([line], range);
    expect(timeAt(chart, chart.left)).toBe(0);
    expect(timeAt(chart, chart.right + 50)).toBe(24 * HOUR);
    expect([STEP - 1, STEP, 4 * STEP, 5 * STEP, 20 * STEP].map((at) => valueAt(line, at, STEP))).toEqual([
      1,
      2,
      2,
      undefined,
      3,
    ]);
    expect(valueAt(line, -1, STEP)).toBeUndefined();
  });
});
