import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Street, type StreetOptions } from './silent-street.ts';

describe('whatever happens', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const act = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('hear' as const),
        who: fc.uniqueArray(name, { minLength: 1 }),
        mark: fc.constantFrom(0, 2, 2, 2),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('describe' as const),
        who: name,
        interval: fc.constantFrom('5s', '10s', '1500ms', undefined),
        gateway: fc.constantFrom('x', 'y'),
        outOfService: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('down' as const), seconds: fc.integer({ min: 1, max: 500 }) }),
    },
  );
  const options: fc.Arbitrary<StreetOptions> = fc.record({
    when: fc.record({
      absent: fc.constantFrom({ missed: 1 }, { missed: 2.5, after: '12s' }),
      above: fc.constantFrom(0, 1),
      for: fc.constantFrom('0s', '7s'),
      keepFiringFor: fc.constantFrom('0s', '9s'),
    }),
    groupBy: fc.constantFrom(['gateway'], ['device'], []),
  });
  type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

  function play(street: Street, acts: readonly Act[], eachSecond: (second: number) => void = () => undefined): Street {
    let now = 0;
    for (const each of acts) {
      if (each.kind === 'hear') street.hear(each.who, 'power', each.mark);
      else if (each.kind === 'wait') {
        for (const end = now + each.seconds; now < end;) {
          street.until(++now);
          eachSecond(now);
        }
      } else if (each.kind === 'down') {
        street.down(each.seconds);
        now += each.seconds;
      } else street.describe(each.who, each);
    }
    return street;
  }

  it('decides the same wherever it is saved and goes on', () => {
    let told = 0;
    fc.assert(
      fc.property(options, fc.array(act, { minLength: 5, maxLength: 30 }), (of, acts) => {
        const straight = play(new Street(of).begin(), acts);
        expect(play(new Street({ ...of, restarts: true }).begin(), acts).told).toEqual(straight.told);
        told += straight.told.length;
      }),
      { numRuns: 60 },
    );
    expect(told).toBeGreaterThan(10);
  });

  it('gives alerts lives that follow each other, revisions that grow by one, and ids of their own', () => {
    fc.assert(
      fc.property(options, fc.array(act, { minLength: 5, maxLength: 30 }), (of, acts) => {
        const last = new Map<string, { id: string; revision: number; over: boolean; endsAt: string | null }>();
        const ids = new Set<string>();
        for (const {
          transition: { to, alert },
        } of play(new Street(of).begin(), acts).told) {
          const before = last.get(alert.key);
          if (before === undefined || before.over) {
            expect(ids.has(alert.id)).toBe(false);
            expect(alert.revision).toBe(1);
            expect(Date.parse(alert.startsAt)).toBeGreaterThanOrEqual(
              Date.parse(before?.endsAt ?? '1970-01-01T00:00:00Z'),
            );
          } else expect([alert.id, alert.revision]).toEqual([before.id, before.revision + 1]);
          ids.add(alert.id);
          last.set(alert.key, { ...alert, over: to === 'resolved' || to === 'inactive' });
        }
      }),
      { numRuns: 60 },
    );
  });
});
