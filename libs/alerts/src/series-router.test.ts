import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileWhere, ReadingBatchBuilder, type Labels, type Series, type Where } from '@seawall/model';
import { bySeries } from '@seawall/windows';
import type { Intake, Selection } from './compiled-rule.ts';
import { SeriesRouter } from './series-router.ts';
import type { Target } from './target-lists.ts';

interface TestIntake extends Intake {
  readonly asked: string[];
  /** The members of the series picked since the last time. */
  readonly picked: number[];
}

/** An intake that notes what it was asked. */
function intakeOf(selection: Selection): TestIntake {
  const asked: string[] = [];
  const picked: number[] = [];
  const selected = compileWhere(selection.where ?? {});
  return {
    selection,
    asked,
    picked,
    select(series, labels) {
      const name = `${series.domain}/${series.device}/${series.metric}/${labels['district']}`;
      const number = asked.push(name);
      return selected(series, labels) ? number : null;
    },
    pick: (member) => picked.push(member),
    push: () => [],
  };
}

const series = (device: string, metric = 'pm25', domain = 'air'): Series => ({ domain, device, metric });
const HARBOUR: Labels = { district: 'harbour' };

/** Where the router sends a reading. */
function targetsOf(router: SeriesRouter, of: Series, labels: Labels): Target[] {
  const builder = new ReadingBatchBuilder();
  builder.add(of, labels, 0, 1, 0);
  const { intakes } = router.route(bySeries(builder.take()));
  return (intakes as TestIntake[]).flatMap((intake) => intake.picked.splice(0).map((member) => ({ intake, member })));
}

const WHERES: readonly Where[] = [{ device: ['a'] }, { device: ['a', 'b'] }, { device: ['!a'] }, { district: ['x'] }];

describe('the router', () => {
  it('asks once for a series and its labels, and only those that may want it', () => {
    const router = new SeriesRouter();
    const [pm25, no2, all, one] = [
      intakeOf({ domain: 'air', metric: 'pm25' }),
      intakeOf({ domain: 'air', metric: 'no2' }),
      intakeOf({ domain: 'air' }),
      intakeOf({ domain: 'air', metric: 'pm25', where: { device: ['a', 'b'] } }),
    ];
    for (const intake of [pm25, no2, all, one]) router.add(intake);
    for (const device of ['a', 'c', 'a', 'c']) targetsOf(router, series(device), { ...HARBOUR });
    expect(pm25.asked).toEqual(['air/a/pm25/harbour', 'air/c/pm25/harbour']);
    expect(no2.asked).toEqual([]);
    expect(all.asked).toEqual(pm25.asked);
    expect(one.asked).toEqual(['air/a/pm25/harbour']);
  });

  it('says that a series may stand twice in a batch, where its labels have changed in between', () => {
    const router = new SeriesRouter();
    router.add(intakeOf({ domain: 'air' }));
    const [a, b, OTHER] = [series('a'), series('b'), { district: 'centre' }];
    const routed = (...labels: readonly Labels[]) => {
      const builder = new ReadingBatchBuilder();
      labels.forEach((each, i) => builder.add(a, each, i, 1, 0));
      builder.add(b, HARBOUR, 0, 1, 0);
      return router.route(bySeries(builder.take()));
    };
    // Unknown yet, or known by others: it may be anything.
    expect(routed(HARBOUR).once).toBe(false);
    expect(routed(HARBOUR).once).toBe(true);
    expect(routed(HARBOUR, OTHER).once).toBe(false);
    expect(routed(HARBOUR, OTHER).once).toBe(false);
    expect(routed(OTHER).once).toBe(true);
  });

  it('shows a series it knows to those alone that have come since', () => {
    const router = new SeriesRouter();
    const [first, second] = [intakeOf({ domain: 'air' }), intakeOf({ domain: 'air' })];
    router.add(first);
    targetsOf(router, series('a'), HARBOUR);
    router.add(second);
    expect(targetsOf(router, series('a'), HARBOUR)).toHaveLength(2);
    router.remove(first);
    expect(targetsOf(router, series('a'), HARBOUR)).toEqual([{ intake: second, member: 1 }]);
    expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
  });

  it('keeps nothing of an intake that has gone, also where a series of it sends nothing any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const router = new SeriesRouter();
    const intakes = [intakeOf({ domain: 'air' })];
    const kept = new WeakRef(intakes[0]!);
    router.add(intakes[0]!);
    targetsOf(router, series('retired'), HARBOUR);
    router.remove(intakes.pop()!);
    targetsOf(router, series('a'), HARBOUR);
    await new Promise(setImmediate); // what a WeakRef has been asked for stays until then
    collect();
    expect(kept.deref()).toBeUndefined();
  });

  it('sends a reading where each one, asked by itself, would want it', () => {
    const selection = fc.record(
      {
        domain: fc.constantFrom('air', 'water'),
        metric: fc.constantFrom('pm25', 'no2'),
        where: fc.constantFrom(...WHERES),
      },
      { requiredKeys: ['domain'] },
    );
    const reading = fc.record({
      domain: fc.constantFrom('air', 'water'),
      device: fc.constantFrom('a', 'b', 'c'),
      metric: fc.constantFrom('pm25', 'no2'),
      district: fc.constantFrom('x', 'y'),
    });
    const act = fc.oneof(
      fc.record({ add: selection }),
      fc.record({ remove: fc.nat(9) }),
      fc.record({ reading }),
      fc.record({ reading }),
    );
    let sent = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 20, maxLength: 60 }), (acts) => {
        const router = new SeriesRouter();
        const present: TestIntake[] = [];
        for (const each of acts) {
          if ('add' in each) {
            const intake = intakeOf(each.add);
            present.push(intake);
            router.add(intake);
          } else if ('remove' in each) {
            const [gone] = present.splice(each.remove % (present.length + 1), 1);
            if (gone !== undefined) router.remove(gone);
          } else {
            const { domain, device, metric, district } = each.reading;
            const targets = targetsOf(router, series(device, metric, domain), { district });
            const wanted = present.filter((intake) => {
              const wants = intake.selection;
              const fits = wants.domain === domain && (wants.metric ?? metric) === metric;
              return fits && intake.select(series(device, metric, domain), { district }) !== null;
            });
            expect(new Set(targets.map(({ intake }) => intake))).toEqual(new Set(wanted));
            expect(targets).toHaveLength(wanted.length);
            sent += targets.length;
          }
        }
      }),
    );
    expect(sent).toBeGreaterThan(10);
  });
});
