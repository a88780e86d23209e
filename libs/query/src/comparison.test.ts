import { describe, expect, it } from '@jest/globals';
import type { QueryChunk } from '@seawall/model';
import fc from 'fast-check';
import { answerJson } from './answer-json.ts';
import { bucketEnd } from '@seawall/model';
import { parseQuery } from './parse-query.ts';
import { storePlan, type PlannedQuery } from './planned-query.ts';
import { QueryError } from './query-error.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const london = (text: string) => Date.parse(text);

function plan(document: Record<string, unknown>): PlannedQuery {
  return parseQuery({ metrics: ['m'], timeZone: 'Europe/London', ...document }, { now: 0, timeZone: 'UTC' });
}

const sums = (document: Record<string, unknown>) => plan({ aggregate: ['sum'], ...document });

/** What is stored for each bucket that is shown, `shown: from..to`, as ISO texts without what is always the same. */
function cellsOf(of: PlannedQuery): Record<string, string> {
  const { buckets } = storePlan(of);
  const starts: number[] = [];
  if (buckets!.kind === 'listed') starts.push(...buckets!.starts);
  else for (let at = buckets!.origin; at < storePlan(of).to; at += buckets!.stepMs) starts.push(at);
  const cells = starts.map((start) => {
    const shown = of.comparison!.shown(start);
    return [shown === undefined ? '-' : iso(shown), `${iso(start)}..${iso(bucketEnd(buckets!, start))}`] as const;
  });
  return Object.fromEntries(cells.filter(([shown]) => shown !== '-'));
}

const iso = (time: number) => new Date(time).toISOString().slice(0, 16);

async function answerOf(of: PlannedQuery, points: readonly (readonly [number, number])[]) {
  async function* chunks(): AsyncGenerator<QueryChunk> {
    const time = Float64Array.from(points, ([at]) => at);
    const values = { [of.aggregate[0] ?? 'value']: Float64Array.from(points, ([, value]) => value) };
    yield {
      domain: 'e',
      metric: 'm',
      unit: null,
      labels: of.aggregate.length > 0 ? {} : { device: 'a' },
      time,
      values,
    };
  }
  let text = '';
  for await (const piece of answerJson(of, chunks())) text += piece;
  return JSON.parse(text) as {
    offset: string;
    series: { time: number[]; values: Record<string, (number | null)[]> }[];
  };
}

describe('a question with an offset', () => {
  it('asks the store for the range moved, and shows the answer under its own times', async () => {
    const of = sums({
      from: '2026-06-08T00:00:00Z',
      to: '2026-06-09T00:00:00Z',
      step: '12h',
      offset: '-7d',
      timeZone: 'UTC',
    });
    const [from, to] = [Date.UTC(2026, 5, 1), Date.UTC(2026, 5, 2)];
    expect(storePlan(of)).toMatchObject({ from, to, buckets: { kind: 'fixed', origin: from, stepMs: 12 * HOUR } });
    const { offset, series } = await answerOf(of, [[from, 1], [from + 12 * HOUR, 2]]); // prettier-ignore
    expect(offset).toBe('-7d');
    expect(series[0]!.time).toEqual([from + 7 * DAY, from + 7.5 * DAY]);
  });

  it('moves by elapsed time where the offset is of hours, by local time where it is of days', () => {
    // London went to summer time on 29 March 2026 at 01:00 UTC.
    const range = { from: '2026-03-29T12:00:00Z', to: '2026-03-29T13:00:00Z' };
    expect(storePlan(plan({ ...range, offset: '-24h' })).from).toBe(london('2026-03-28T12:00:00Z'));
    expect(storePlan(plan({ ...range, offset: '-1d' })).from).toBe(london('2026-03-28T13:00:00Z'));
  });

  it('compares hours with hours of the same name when clocks went forward on the other day', () => {
    const cells = cellsOf(
      sums({ from: '2026-03-30T00:00:00+01:00', to: '2026-03-30T04:00:00+01:00', step: '1h', offset: '-1d' }),
    );
    // 01:00 to 02:00 did not exist on the 29th: nothing is compared with it.
    expect(cells).toEqual({
      '2026-03-29T23:00': '2026-03-29T00:00..2026-03-29T01:00',
      '2026-03-30T01:00': '2026-03-29T01:00..2026-03-29T02:00',
      '2026-03-30T02:00': '2026-03-29T02:00..2026-03-29T03:00',
    });
  });

  it('takes the first of an hour that came twice on the other day, and leaves the second of its own without one', () => {
    // London went back on 25 October 2026 at 01:00 UTC.
    const after = cellsOf(
      sums({ from: '2026-10-26T00:00:00Z', to: '2026-10-26T03:00:00Z', step: '1h', offset: '-1d' }),
    );
    expect(after).toEqual({
      '2026-10-26T00:00': '2026-10-24T23:00..2026-10-25T00:00',
      '2026-10-26T01:00': '2026-10-25T00:00..2026-10-25T01:00',
      '2026-10-26T02:00': '2026-10-25T02:00..2026-10-25T03:00',
    });
    const before = cellsOf(
      sums({ from: '2026-10-24T23:00:00Z', to: '2026-10-25T03:00:00Z', step: '1h', offset: '-1d' }),
    );
    expect(before).toEqual({
      '2026-10-24T23:00': '2026-10-23T23:00..2026-10-24T00:00',
      '2026-10-25T00:00': '2026-10-24T00:00..2026-10-24T01:00',
      '2026-10-25T02:00': '2026-10-24T01:00..2026-10-24T02:00',
    });
  });

  it('compares a bucket of several hours with the span of its local times', () => {
    const cells = cellsOf(
      sums({ from: '2026-10-26T00:00:00Z', to: '2026-10-26T12:00:00Z', step: '6h', offset: '-1d' }),
    );
    expect(cells).toEqual({
      '2026-10-26T00:00': '2026-10-24T23:00..2026-10-25T06:00',
      '2026-10-26T06:00': '2026-10-25T06:00..2026-10-25T12:00',
    });
  });

  it('compares days with whole days, of 25 hours too', () => {
    const cells = cellsOf(
      sums({ from: '2026-10-26T00:00:00Z', to: '2026-10-28T00:00:00Z', step: '1d', offset: '-1d' }),
    );
    expect(cells).toEqual({
      '2026-10-26T00:00': '2026-10-24T23:00..2026-10-26T00:00',
      '2026-10-27T00:00': '2026-10-26T00:00..2026-10-27T00:00',
    });
  });

  it('pairs days of the month by months, and leaves out those that one of the two lacks', async () => {
    const march = sums({
      from: '2026-03-27T00:00:00Z',
      to: '2026-04-02T00:00:00Z',
      step: '1d',
      offset: '-1M',
      timeZone: 'UTC',
    });
    expect(cellsOf(march)).toEqual({
      '2026-03-27T00:00': '2026-02-27T00:00..2026-02-28T00:00',
      '2026-03-28T00:00': '2026-02-28T00:00..2026-03-01T00:00',
      '2026-04-01T00:00': '2026-03-01T00:00..2026-03-02T00:00',
    });
    const { series } = await answerOf(
      sums({
        from: '2026-03-27T00:00:00Z',
        to: '2026-04-02T00:00:00Z',
        step: '1d',
        offset: '-1M',
        timeZone: 'UTC',
        fill: 0,
      }),
      [[Date.UTC(2026, 1, 28), 5]],
    );
    expect(series[0]!.values['sum']).toEqual([0, 5, 0, 0, 0, 0]);
    const february = sums({
      from: '2026-02-28T00:00:00Z',
      to: '2026-03-02T00:00:00Z',
      step: '1d',
      offset: '-1M',
      timeZone: 'UTC',
    });
    expect(cellsOf(february)).toEqual({
      '2026-02-28T00:00': '2026-01-28T00:00..2026-01-29T00:00',
      '2026-03-01T00:00': '2026-02-01T00:00..2026-02-02T00:00',
    });
  });

  it('compares months with whole months, and a range without a step with the range between its moved ends', () => {
    const months = sums({
      from: '2024-02-01T00:00:00Z',
      to: '2024-04-01T00:00:00Z',
      step: '1M',
      offset: '-1y',
      timeZone: 'UTC',
    });
    expect(cellsOf(months)).toEqual({
      '2024-02-01T00:00': '2023-02-01T00:00..2023-03-01T00:00',
      '2024-03-01T00:00': '2023-03-01T00:00..2023-04-01T00:00',
    });
    const whole = storePlan(
      sums({ from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z', offset: '-1M', timeZone: 'UTC' }),
    );
    expect([iso(whole.from), iso(whole.to)]).toEqual(['2026-01-01T00:00', '2026-02-01T00:00']);
  });

  it('asks for nothing where nothing is compared', async () => {
    const of = sums({
      from: '2026-03-31T00:00:00Z',
      to: '2026-04-01T00:00:00Z',
      step: '1h',
      offset: '-1M',
      timeZone: 'UTC',
    });
    expect(storePlan(of).from).toBe(storePlan(of).to);
  });

  it('takes with auto only steps that have counterparts', () => {
    const of = (offset?: string) =>
      sums({
        from: '2026-01-01T00:00:00Z',
        to: '2026-03-01T00:00:00Z',
        step: 'auto',
        maxPoints: 40,
        ...(offset && { offset }),
      }).step;
    expect([of(), of('-7d'), of('-1M')]).toEqual(['2d', '2d', '1M']);
  });

  it('is part of what a page belongs to', async () => {
    const document = { from: '2026-06-08T00:00:00Z', to: '2026-06-09T00:00:00Z', offset: '-7d', limit: 1 };
    const first = Date.UTC(2026, 5, 1);
    const text = await answerOf(plan(document), [[first, 1], [first + 1, 2]]); // prettier-ignore
    const { next: cursor } = text as unknown as { next: string };
    expect(storePlan(plan({ ...document, cursor })).after!.time).toBe(first);
    expect(() => plan({ ...document, offset: '-8d', cursor })).toThrow(QueryError);
  });

  it.each<[unknown, Record<string, unknown>, string]>([
    ['7d', {}, 'write a sign and a duration'],
    ['-7', {}, 'write a sign and a duration'],
    [-7, {}, '-7 is not an offset'],
    ['-90y', {}, 'does not lie between 1970 and 2200'],
    ['-1000000000y', {}, 'does not lie between 1970 and 2200'],
    ['-1M', { aggregate: ['mean'], step: '1w' }, 'move by days or weeks'],
    ['-1y', { aggregate: ['mean'], step: '2d' }, 'move by days or weeks'],
  ])('refuses the offset %p with %p', (offset, document, sentence) => {
    expect(() => plan({ from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z', offset, ...document })).toThrow(
      sentence,
    );
  });

  it('keeps the buckets of a store in order, without gaps and without empty ones', () => {
    const zone = fc.constantFrom('Europe/London', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Pacific/Apia', 'UTC');
    const offset = fc.constantFrom('-1d', '-7d', '+3w', '-1M', '-1y', '+5M', '-13h');
    const step = fc.constantFrom('20m', '1h', '5h', '24h', '1d', '1M');
    const from = fc.integer({ min: Date.UTC(2009, 0, 1), max: Date.UTC(2018, 0, 1) });
    fc.assert(
      fc.property(
        zone,
        offset,
        step,
        from,
        fc.integer({ min: 1, max: 40 * DAY }),
        (timeZone, by, each, begin, lengthMs) => {
          const of = sums({ timeZone, offset: by, step: each, from: begin, to: begin + lengthMs });
          const { buckets, from: least, to: bound } = storePlan(of);
          expect(least).toBeLessThanOrEqual(bound);
          if (buckets!.kind === 'fixed') return;
          const edges = [...buckets!.starts, buckets!.end];
          expect(edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)).toBe(true);
          const shown = buckets!.starts
            .map((start) => of.comparison!.shown(start))
            .filter((time) => time !== undefined);
          expect(shown.every((time, i) => i === 0 || time > shown[i - 1]!)).toBe(true);
          if (least < bound) expect(edges[0]! <= least && edges.at(-1)! >= bound).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
