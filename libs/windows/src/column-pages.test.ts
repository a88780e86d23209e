import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ColumnPages, NO_PAGE, type Columns } from './column-pages.ts';

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
          const columns = { page: NO_PAGE, from: 0, capacity: 0 };
          pages.take(columns, 2 ** power);
          const end = columns.from + columns.capacity;
          for (const column of [columns.page.time, columns.page.value]) {
            expect(end).toBeLessThanOrEqual(column.length);
            column.fill(i, columns.from, end);
          }
          taken.push({ columns, mark: i });
        });
        for (const { columns, mark } of taken) {
          const { page, from, capacity } = columns;
          for (const column of [page.time, page.value]) {
            expect(column.subarray(from, from + capacity).every((each) => each === mark)).toBe(true);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('uses again what was given back', () => {
    const pages = new ColumnPages();
    const [a, b] = [1, 2].map(() => ({ page: NO_PAGE, from: 0, capacity: 0 }));
    pages.take(a!, 64);
    pages.give({ ...a! });
    pages.take(b!, 64);
    expect([b!.page, b!.from]).toEqual([a!.page, a!.from]);
  });
});
