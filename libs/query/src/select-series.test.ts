import { describe, expect, it } from '@jest/globals';
import { compileWhere, type LabelSpan, type QueryPlan, type Series, type Where } from '@seawall/model';
import fc from 'fast-check';
import { judgeAhead } from './judge-ahead.ts';
import { parseQuery } from './parse-query.ts';
import { selectSeries, type KnownSeries } from './select-series.ts';

const T0 = Date.UTC(2026, 2, 28);
const HOUR = 3_600_000;

function knownOf(series: readonly Series[], spansOf: (device: string) => readonly LabelSpan[]): KnownSeries {
  return {
    stored: () => series,
    seriesOf: (device) => [...series.keys()].filter((id) => series[id]!.device === device),
    spansOf,
    unitOf: () => null,
    latest: { micros: () => Infinity },
  };
}

function planOf(where: Where): QueryPlan {
  return parseQuery({ metrics: ['m'], where, from: T0, to: T0 + HOUR }, { now: T0, timeZone: 'UTC' });
}

/** A thousand devices, of which each has a site of its own and shares its district with others. */
const city = Array.from({ length: 1_000 }, (_, i) => ({ domain: `d${i % 3}`, device: `dev-${i}`, metric: 'm' }));
const described = (device: string): LabelSpan[] => [
  { from: -Infinity, labels: { district: `q${device.length}`, site: `at ${device}` } },
];
const patterns = (count: number) => Array.from({ length: count }, (_, i) => `!*a${i}b*c`);

describe('selectSeries', () => {
  const text = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 2 }).map((of) => of.join(''));
  const pattern = fc
    .tuple(fc.constantFrom('', '!'), fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 3 }))
    .map(([sign, of]) => sign + of.join(''));
  const where = fc.dictionary(
    fc.constantFrom('domain', 'device', 'district', 'site'),
    fc.uniqueArray(pattern, { minLength: 1, maxLength: 6 }),
  );
  const series = fc.array(fc.record({ domain: text, device: text, metric: fc.constantFrom('m', 'n') }), {
    maxLength: 12,
  });
  const labels = fc.dictionary(fc.constantFrom('district', 'site'), text);

  it('selects the spans that satisfy the plain meaning of the patterns, whatever was judged ahead', async () => {
    const histories = fc.dictionary(text, fc.array(labels, { minLength: 1, maxLength: 3 }));
    const property = fc.asyncProperty(where, series, histories, async (asked, of, history) => {
      const spansOf = (device: string): LabelSpan[] =>
        (history[device] ?? [{}]).map((labels, i) => ({ from: i === 0 ? -Infinity : T0 + i * 60_000, labels }));
      const known = knownOf(of, spansOf);
      const plan = planOf(asked);
      const matches = compileWhere(asked);
      const expected = of.flatMap((one, id) =>
        one.metric === 'm'
          ? spansOf(one.device).flatMap(({ labels }, i) => (matches(one, labels) ? `${id} ${i}` : []))
          : [],
      );
      const selection = selectSeries(known, plan);
      const minutes = (micros: number) => Math.round((micros / 1000 - T0) / 60_000);
      const selected = [...selection.series].flatMap((id, at) => {
        const last = spansOf(of[id]!.device).length - 1;
        const [from, to] = [minutes(selection.from[at]!), minutes(selection.to[at]!)];
        return Array.from({ length: Math.min(to, last + 1) - from }, (_, i) => `${id} ${from + i}`);
      });
      expect(selected).toEqual(expected);
      expect(selectSeries(known, plan, await judgeAhead(known, plan, () => Promise.resolve()))).toEqual(selection);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

describe('judging ahead', () => {
  const known = knownOf(city, described);

  it('gives others their turn every hundred thousand looks, and leaves nothing to be judged', async () => {
    const plan = planOf({ device: patterns(1_000), site: patterns(500), district: patterns(300) });
    const LOOKS = 1_000 * 1_000 + 1_000 * 500 + 3 * 300;
    let turns = 0;
    const where = await judgeAhead(known, plan, async () => void turns++);
    expect(where.looks).toBe(LOOKS);
    expect(turns).toBeGreaterThanOrEqual(14);
    expect(selectSeries(known, plan, where).series).toHaveLength(1_000);
    expect(where.looks).toBe(LOOKS);
  });

  it('gives others their turn within one device that has had many labels', async () => {
    const history = Array.from({ length: 300 }, (_, i) => ({ from: T0 + i, labels: { site: `s${i}` } }));
    const one = knownOf(city, () => history);
    let turns = 0;
    const where = await judgeAhead(one, planOf({ device: ['dev-1'], site: patterns(1_000) }), async () => void turns++);
    expect([where.looks, turns]).toEqual([300_000, 3]);
  });

  it('judges each value once, and no labels where the device is left out', async () => {
    const plan = planOf({ device: ['dev-7', 'dev-8*', 'dev-9', '!dev-9'], district: patterns(1_000) });
    const where = await judgeAhead(known, plan, async () => undefined);
    expect(where.looks).toBe(1_000 * 4 + 3 * 1_000);
    expect(selectSeries(known, plan, where).series).toHaveLength(1 + 111);
  });

  it('ends with what a turn throws', async () => {
    const plan = planOf({ device: patterns(1_000) });
    const gone = new Error('Nobody waits any more.');
    await expect(judgeAhead(known, plan, () => Promise.reject(gone))).rejects.toBe(gone);
  });

  it('gives others their turn while it goes through many series of which few values are to be judged', async () => {
    const many = knownOf(
      Array.from({ length: 40_000 }, (_, i) => city[i % 1_000]!),
      described,
    );
    let turns = 0;
    const where = await judgeAhead(many, planOf({ district: patterns(100) }), async () => void turns++);
    expect(where.looks).toBe(3 * 100);
    expect(turns).toBeGreaterThanOrEqual(6);
  });

  it('leaves few comparisons to the selecting itself', async () => {
    let turns = 0;
    const where = await judgeAhead(known, planOf({ device: patterns(100) }), async () => void turns++);
    expect([turns, where.looks]).toEqual([0, 0]);
  });

  it('leaves few patterns to the selecting itself, however many series there are', async () => {
    const many = knownOf(
      Array.from({ length: 40_000 }, (_, i) => city[i % 1_000]!),
      described,
    );
    let turns = 0;
    const where = await judgeAhead(many, planOf({ district: ['q5', 'q6', 'q7'] }), async () => void turns++);
    expect([turns, where.looks]).toEqual([0, 0]);
  });
});
