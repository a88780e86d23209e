import { describe, expect, it } from '@jest/globals';
import { queryTable } from './query-table.ts';

const series = (count: number) => ({
  domain: 'environment',
  metric: 'pm25',
  unit: 'ug/m3',
  labels: { district: 'harbour' },
  time: Array.from({ length: count }, (_, i) => i * 60_000),
  values: { mean: Array.from({ length: count }, (_, i) => (i === 1 ? null : 0.1 + i)) },
});

describe('queryTable', () => {
  it('heads each series with what it is and shows a gap as a dash', () => {
    const text = queryTable({ series: [series(2)], next: null, partial: [] });
    expect(text).toContain('environment pm25 [ug/m3]  district=harbour');
    expect(text).toContain('1970-01-01T00:00:00.000Z');
    expect(text).toContain('0.1');
    expect(text).toContain('–');
  });

  it('says what it left out', () => {
    expect(queryTable({ series: [series(2_500)], next: null, partial: [] })).toContain('500 more rows');
    expect(queryTable({ series: [series(1)], next: 'more', partial: [] })).toContain('cut at its limit');
    const marks = { offset: '-7d', percentileError: 0.0078 };
    expect(queryTable({ series: [series(1)], next: null, partial: [], ...marks })).toMatch(
      /are -7d from the times[^]*0.78 % at most/,
    );
    expect(queryTable({ series: [], next: null, partial: [] })).toBe('No readings in this range.\n');
    const expired = { next: null, partial: [], expiredBefore: 1_790_000_000_000 };
    for (const all of [[], [series(1)]])
      expect(queryTable({ series: all, ...expired })).toContain('before 2026-09-21T14:13:20.000Z has expired');
  });

  it('marks the buckets that hold less than their time, and says what the mark means', () => {
    const text = queryTable({ series: [series(3)], next: null, partial: [60_000, 300_000] });
    expect(text.split('\n').filter((line) => line.includes('Z *'))).toEqual([
      expect.stringContaining('1970-01-01T00:01:00.000Z *'),
    ]);
    expect(text).toMatch(/^\* holds less than its time/m);
    expect(queryTable({ series: [series(3)], next: null, partial: [300_000] })).not.toContain('*');
  });
});
