import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDuration, gridOf } from './grid.ts';

const at = (text: string) => Date.parse(text);

describe('gridOf', () => {
  it('gives the day on which summer time ends 25 hours', () => {
    const grid = gridOf('1d', 'Europe/London');
    const start = grid.floor(at('2016-10-30T12:00:00Z'));
    expect(start).toBe(at('2016-10-29T23:00:00Z'));
    expect(grid.next(start)).toBe(at('2016-10-31T00:00:00Z'));
  });

  it('begins weeks on Monday, in the zone', () => {
    const start = gridOf('1w', 'Asia/Shanghai').floor(at('2026-11-25T00:00:00Z'));
    expect(start).toBe(at('2026-11-22T16:00:00Z'));
  });

  it('begins months and years at local midnight of their first day', () => {
    expect(gridOf('1M', 'Asia/Shanghai').floor(at('2026-03-31T16:00:00Z'))).toBe(at('2026-03-31T16:00:00Z'));
    expect(gridOf('1M', 'Asia/Shanghai').floor(at('2026-03-31T15:59:59Z'))).toBe(at('2026-02-28T16:00:00Z'));
    expect(gridOf('1y', 'UTC').floor(at('2026-07-01T00:00:00Z'))).toBe(at('2026-01-01T00:00:00Z'));
  });

  it('begins small steps anew at each local midnight, so that the last one may be shorter', () => {
    const grid = gridOf('7h', 'UTC');
    const last = grid.floor(at('2026-01-01T23:00:00Z'));
    expect(last).toBe(at('2026-01-01T21:00:00Z'));
    expect(grid.next(last)).toBe(at('2026-01-02T00:00:00Z'));
    expect(grid.previous(at('2026-01-02T00:00:00Z'))).toBe(last);
  });

  it('aligns to midnight in zones whose offset is no whole hour', () => {
    expect(gridOf('1h', 'Asia/Kathmandu').floor(at('2026-01-01T00:00:00Z'))).toBe(at('2025-12-31T23:15:00Z'));
  });

  it('takes whole days written in hours as calendar days', () => {
    expect(gridOf('24h', 'Europe/London').floor(at('2016-10-30T12:00:00Z'))).toBe(at('2016-10-29T23:00:00Z'));
    expect(() => gridOf('36h', 'UTC')).toThrow('whole days');
  });

  it('holds every time in exactly one bucket, whatever the step and zone', () => {
    const steps = fc.constantFrom('1s', '5m', '7m', '1h', '5h', '1d', '3d', '1w', '2M', '1y');
    const zones = fc.constantFrom(
      'UTC',
      'Europe/London',
      'Asia/Shanghai',
      'America/Los_Angeles',
      'Australia/Lord_Howe',
    );
    fc.assert(
      fc.property(
        steps,
        zones,
        fc.integer({ min: at('1971-01-01T00:00:00Z'), max: at('2199-01-01T00:00:00Z') }),
        (step, zone, time) => {
          const grid = gridOf(step, zone);
          const start = grid.floor(time);
          const end = grid.next(start);
          expect(start).toBeLessThanOrEqual(time);
          expect(end).toBeGreaterThan(time);
          expect(grid.floor(end)).toBe(end);
          expect(grid.floor(end - 1)).toBe(start);
          expect(grid.previous(end)).toBe(start);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('addDuration', () => {
  it('moves by the calendar from a day up and by elapsed time below', () => {
    const saturday = at('2016-10-29T12:00:00Z');
    expect(addDuration(saturday, '1d', 'Europe/London')).toBe(at('2016-10-30T13:00:00Z'));
    expect(addDuration(saturday, '24h', 'Europe/London')).toBe(at('2016-10-30T12:00:00Z'));
    expect(addDuration(saturday, '1M', 'UTC', -1)).toBe(at('2016-09-29T12:00:00Z'));
  });
});
