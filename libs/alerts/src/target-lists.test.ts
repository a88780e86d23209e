import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Intake } from './compiled-rule.ts';
import { TargetLists, type Target } from './target-lists.ts';

const INTAKES: readonly Intake[] = ['a', 'b', 'c', 'd'].map((domain) => ({
  selection: { domain },
  select: () => null,
  pick: () => 1,
  push: () => [],
}));

function listOf(lists: TargetLists, series: number): Target[] {
  const [begin, end] = [lists.begin(series), lists.end(series)];
  return Array.from({ length: end - begin }, (_, i) => {
    return { intake: lists.intakeAt(begin + i), member: lists.memberAt(begin + i) };
  });
}

describe('TargetLists', () => {
  it('has for each series what was put there last, without those that are not wanted any more', () => {
    const targets = fc.array(fc.record({ intake: fc.constantFrom(...INTAKES), member: fc.nat(99) }), { maxLength: 4 });
    const act = fc.oneof(
      { arbitrary: fc.record({ put: targets, series: fc.nat(9) }), weight: 5 },
      { arbitrary: fc.record({ more: targets, series: fc.nat(9) }), weight: 2 },
      fc.record({ gone: fc.constantFrom(...INTAKES) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const lists = new TargetLists();
        const expected: Target[][] = [];
        for (const each of acts) {
          if ('gone' in each) {
            lists.keep((intake) => intake !== each.gone);
            expected.forEach((list, i) => (expected[i] = list.filter(({ intake }) => intake !== each.gone)));
          } else if ('put' in each) {
            const series = Math.min(each.series, expected.length);
            lists.put(series, each.put);
            expected[series] = each.put;
          } else if (each.series < expected.length) {
            lists.append(each.series, each.more);
            expected[each.series] = [...expected[each.series]!, ...each.more];
          }
          expect(expected.map((_, series) => listOf(lists, series))).toEqual(expected);
        }
      }),
    );
  });
});
