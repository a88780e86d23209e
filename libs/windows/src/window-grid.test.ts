import { describe, expect, it } from '@jest/globals';
import { HOUR, MINUTE } from './testing.ts';
import { slicesPerWindow, WindowGrid } from './window-grid.ts';

const DAY = 24 * HOUR;

describe('WindowGrid', () => {
  it('begins sub-day windows anew at local midnight', () => {
    const midnight = Date.parse('2026-03-10T00:00:00+05:45');
    const grid = new WindowGrid('7h', '7h', 'Asia/Kathmandu');
    expect(grid.sliceAt(midnight)).toMatchObject({ start: midnight, end: midnight + 7 * HOUR });
    expect(grid.windowEnd(midnight + 21 * HOUR)).toBe(midnight + DAY);
  });

  it('follows the calendar from a day up: 23 hours when summer time begins', () => {
    const start = Date.parse('2026-03-29T00:00:00Z');
    const grid = new WindowGrid('1d', '1d', 'Europe/London');
    expect(grid.sliceAt(start + 10 * HOUR)).toMatchObject({ start: start, end: start + 23 * HOUR });
    expect(grid.windowEnd(start)).toBe(start + 23 * HOUR);
  });

  it('finds the first of the sliding windows that hold a slice', () => {
    const grid = new WindowGrid('1h', '5m', 'UTC');
    expect(grid.slices).toBe(12);
    expect(grid.firstWindowStart(10 * HOUR)).toBe(9 * HOUR + 5 * MINUTE);
    expect(grid.windowEnd(9 * HOUR + 5 * MINUTE)).toBe(10 * HOUR + 5 * MINUTE);
  });

  it.each([
    ['1h', '5m', 12],
    ['1h', '1h', 1],
    ['1d', '1h', 24],
    ['2w', '1d', 14],
    ['1y', '3M', 4],
    ['1h', '7m', undefined],
    ['1M', '1d', undefined],
    ['5m', '1h', undefined],
  ])('counts how often %s holds %s', (window, every, slices) => {
    expect(slicesPerWindow(window, every)).toBe(slices);
  });
});
