import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SecondWheel } from './second-wheel.ts';

describe('SecondWheel', () => {
  it('gives everything out with the first taking at or after its second, once', () => {
    const act = fc.record({
      passed: fc.oneof({ arbitrary: fc.nat(3), weight: 5 }, fc.nat(1000)),
      adds: fc.array(fc.integer({ min: -5, max: 50 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 50 }), (acts) => {
        const wheel = new SecondWheel<string>();
        let waiting: { second: number; item: string }[] = [];
        let now = 0;
        acts.forEach(({ passed, adds }, i) => {
          now += passed;
          const due = waiting.filter(({ second }) => second <= now).map(({ item }) => item);
          if (due.length > 0) expect(wheel.rests(now)).toBe(false);
          expect(wheel.take(now).sort()).toEqual(due.sort());
          waiting = waiting.filter(({ second }) => second > now);
          expect(wheel.rests(now)).toBe(true);
          adds.forEach((ahead, k) => {
            const put = { second: now + ahead, item: `${i} ${k}` };
            waiting.push(put);
            wheel.add(put.second, put.item);
          });
        });
      }),
    );
  });
});
