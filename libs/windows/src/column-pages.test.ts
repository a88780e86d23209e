import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ColumnPages, type Columns } from './column-pages.ts';

const NONE = new Float64Array(0);

describe('ColumnPages', () => {
  it('never gives the same room to two, and takes back what was given back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 16 }))), (steps) => {
        const pages = new ColumnPages();
        const taken: { columns: Columns; mark: number }[] = [];
        steps.forEach(([gives, which, power], i) => {
          if (gives && taken.length > 0) {
            pages.give(taken.splice(which % taken.length, 1)[0]!.columns);
            return;
          }
          const columns = { page: NONE, at: 0, capacity: 0 };
          pages.take(columns, 2 ** power);
          expect(columns.at + columns.capacity * 2).toBeLessThanOrEqual(columns.page.length);
          columns.page.fill(i, columns.at, columns.at + columns.capacity * 2);
          taken.push({ columns, mark: i });
        });
        for (const { columns, mark } of taken) {
          const { page, at, capacity } = columns;
          expect(page.subarray(at, at + capacity * 2).every((each) => each === mark)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('uses again what was given back', () => {
    const pages = new ColumnPages();
    const [a, b] = [1, 2].map(() => ({ page: NONE, at: 0, capacity: 0 }));
    pages.take(a!, 64);
    pages.give({ ...a! });
    pages.take(b!, 64);
    expect([b!.page, b!.at]).toEqual([a!.page, a!.at]);
  });
});
