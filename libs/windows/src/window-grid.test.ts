import { describe, expect, it } from '@jest/globals';
import { HOUR, MINUTE } from './testing.ts';
import { slicesPerWindow, WindowGrid } from './window-grid.ts';

const DAY = 24 * HOUR;

describe('WindowGrid', () => {
  it('cuts long slices into segments of five minutes that never cross a slice', () => {
    const grid = new WindowGrid('1h', '1h', 'UTC');
    expect(grid.segmentAt(HOUR + 7 * MINUTE)).toEqual({
      start: HOUR + 5 * MINUTE,
      end: HOUR + 10 * MINUTE,
      sliceStart: HOUR,
      sliceEnd: 2 * HOUR,
    });
    expect(new WindowGrid('7m', '7m', 'UTC').segmentAt(6.5 * MINUTE)).toMatchObject({
      start: 6 * MINUTE,
      end: 7 * MINUTE,
    });
    // 90 s is no whole number of minutes: one segment.
    expect(new WindowGrid('90s', '90s', 'UTC').segmentAt(100_000)).toMatchObject({ start: 90_000, end: 180_000 });
  });

  it('begins sub-day windows anew at local midnight', () => {
    const midnight = Date.parse('2026-03-10T00:00:00+05:45');
    const grid = new WindowGrid('7h', '7h', 'Asia/Kathmandu');
    expect(grid.segmentAt(midnight)).toMatchObject({ sliceStart: midnight, sliceEnd: midnight + 7 * HOUR });
    expect(grid.windowEnd(midnight + 21 * HOUR)).toBe(midnight + DAY);
  });

  it('follows the calendar from a day up: 23 hours when summer time begins', () => {
    const start = Date.parse('2026-03-29T00:00:00Z');
    const grid = new WindowGrid('1d', '1d', 'Europe/London');
    expect(grid.segmentAt(start + 10 * HOUR)).toMatchObject({ sliceStart: start, sliceEnd: start + 23 * HOUR });
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
