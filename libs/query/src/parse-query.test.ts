import { describe, expect, it } from '@jest/globals';
import { gridOf } from '@seawall/calendar';
import fc from 'fast-check';
import { bucketCount, bucketIndex, bucketStart } from './bucket-index.ts';
import { parseQuery, type QueryContext } from './parse-query.ts';
import { QueryError } from './query-error.ts';

const NOW = Date.UTC(2026, 2, 1, 12, 34, 56);
const CONTEXT: QueryContext = { now: NOW, timeZone: 'UTC' };
const HOUR = 3_600_000;

const parse = (document: Record<string, unknown>, context = CONTEXT) =>
  parseQuery({ metrics: ['m'], from: '-24h', ...document }, context);

function issuesOf(document: unknown, context = CONTEXT): Record<string, string> {
  try {
    parseQuery(document, context);
  } catch (error) {
    if (error instanceof QueryError)
      return Object.fromEntries(error.issues.map(({ field, message }) => [field, message]));
    throw error;
  }
  return {};
}

/** Brackets, deeper within each other than any recursion goes. */
function nested(brackets: string): unknown {
  const depth = 200_000;
  return JSON.parse(`${brackets.slice(0, -1).repeat(depth)}0${brackets.at(-1)!.repeat(depth)}`);
}

/** A document that has a value at a path and is good elsewhere: "where.district[0]". */
function withValue(path: string, value: unknown): Record<string, unknown> {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  const made = keys.reduceRight((inner, key) => (/^\d$/.test(key) ? [inner] : { [key]: inner }), value);
  return { metrics: ['m'], from: '-24h', ...(made as Record<string, unknown>) };
}

describe('parseQuery', () => {
  it("plans the contract's example", () => {
    const plan = parseQuery(
      {
        metrics: ['pm25'],
        where: { domain: ['environment'], district: ['xiangzhou'], device: ['aq-*', '!aq-9'] },
        from: '-24h',
        to: 'now',
        step: '5m',
        aggregate: ['mean', 'max', 'p95'],
        timeZone: 'Asia/Shanghai',
        groupBy: ['district'],
        fill: 'none',
        limit: 100000,
      },
      CONTEXT,
    );
    expect(plan).toMatchObject({
      metrics: ['pm25'],
      where: { domain: ['environment'], district: ['xiangzhou'], device: ['aq-*', '!aq-9'] },
      from: NOW - 24 * HOUR,
      to: NOW,
      step: '5m',
      buckets: { kind: 'fixed', origin: Date.UTC(2026, 1, 28, 12, 30), stepMs: 300_000 },
      aggregate: ['mean', 'max', 'p95'],
      groupBy: ['district'],
      fill: 'none',
      limit: 100_000,
      timeZone: 'Asia/Shanghai',
    });
  });

  it('takes raw readings up to now when nothing else is asked for', () => {
    expect(parse({})).toMatchObject({
      to: NOW,
      aggregate: [],
      groupBy: [],
      step: null,
      fill: 'none',
      limit: 100_000,
      where: {},
    });
    expect(parse({}).buckets).toBeUndefined();
  });

  it('makes one bucket of the range for an aggregate without a step', () => {
    expect(parse({ aggregate: ['mean'] }).buckets).toBeUndefined();
  });

  it("uses the hub's time zone unless the document names one", () => {
    expect(parse({}, { ...CONTEXT, timeZone: 'Asia/Shanghai' }).timeZone).toBe('Asia/Shanghai');
  });

  it.each<[unknown, number]>([
    [1_790_000_000_000, 1_790_000_000_000],
    [1_790_000_000_000.123, 1_790_000_000_000.123],
    [0, 0],
    ['2026-02-28T00:00:00+08:00', Date.UTC(2026, 1, 27, 16)],
    ['-90m', NOW - 90 * 60_000],
    ['now-1h', NOW - HOUR],
    ['-1M', Date.UTC(2026, 1, 1, 12, 34, 56)],
  ])('reads from %p', (from, expected) => {
    expect(parse({ from, to: '2200-01-01T00:00:00Z' }).from).toBe(expected);
  });

  it('reads relative calendar times in the zone', () => {
    // London's clocks went forward on 2026-03-29: a day back from noon is 23 hours.
    const now = Date.UTC(2026, 2, 29, 11);
    expect(parse({ from: '-1d', timeZone: 'Europe/London' }, { now, timeZone: 'UTC' }).from).toBe(now - 23 * HOUR);
    expect(parse({ from: '-24h', timeZone: 'Europe/London' }, { now, timeZone: 'UTC' }).from).toBe(now - 24 * HOUR);
  });

  it.each<[string, unknown, string]>([
    ['from', 1_790_000_000, 'epoch seconds'],
    ['from', 'yesterday', 'is not a time'],
    ['from', '', 'is not a time'],
    ['from', '-5x', 'is not a time'],
    ['from', '2026-02-30T00:00:00Z', 'is not a time'],
    ['from', '-1000000000y', 'is not between 1970 and 2200'],
    ['from', -1, 'is not between 1970 and 2200'],
    ['from', NaN, 'is not between 1970 and 2200'],
    ['from', {}, 'is not a time'],
    ['from', 'now', 'The range is empty'],
    ['from', undefined, 'Say where the range begins'],
    ['to', '2300-01-01T00:00:00Z', 'is not between 1970 and 2200'],
    ['metrics', undefined, 'Name the metrics'],
    ['metrics', [], 'The list is empty'],
    ['metrics', 'pm25', 'Write a list of strings'],
    ['metrics', Array.from({ length: 101 }, (_, i) => `m${i}`), '100 are allowed'],
    ['metrics[1]', ['a', 'a'], 'already in the list'],
    ['metrics[0]', [''], 'is empty'],
    ['metrics[1]', ['a', 5], '5 is not a string'],
    ['where', ['a'], 'Write an object'],
    ['where', Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ['x']])), '32 are allowed'],
    ['where.district', { district: 'x' }, 'Write a list of strings'],
    ['where.district', { district: [] }, 'The list is empty'],
    ['where.district[1]', { district: ['a', '!'] }, 'The pattern is empty'],
    ['where.district[0]', { district: ['x'.repeat(257)] }, 'longer than 256'],
    ['where.a\\', { 'a\\': ['x'] }, 'ends in a backslash'],
    ['aggregate[1]', ['mean', 'p100'], 'is not an aggregate; use count, sum'],
    ['aggregate[0]', ['p0'], 'is not an aggregate'],
    ['aggregate[0]', ['constructor'], 'is not an aggregate'],
    ['timeZone', 'Mars/Olympus', 'is not a time zone known here'],
    ['timeZone', '2020-01-01T00:00Z', 'is not a time zone known here'],
    ['limit', 0, 'Write a whole number from 1 to 1000000'],
    ['limit', 1_000_001, 'Write a whole number from 1 to 1000000'],
    ['limit', 1.5, 'Write a whole number'],
    ['cursor', 'garbage', 'This is not the "next" of an answer to this query'],
    ['maxPoints', 10, 'belongs to "step": "auto" only'],
    ['area', [1, 2, 3, 4], 'is not an area; write {"box"'],
    ['area', {}, 'either a box or a circle'],
    ['area', { box: [0, 0, 1, 1], circle: { lat: 0, lon: 0, radiusM: 1 } }, 'either a box or a circle'],
    ['area.square', { square: [0, 0, 1, 1] }, 'An area has no "square"'],
    ['area.box', { box: [0, 0, 1] }, 'Write [west, south, east, north]'],
    ['area.box', { box: [0, 2, 1, 1] }, 'South (2) is above north (1)'],
    ['area.box[0]', { box: [181, 0, 1, 1] }, 'a longitude from -180 to 180'],
    ['area.box[3]', { box: [0, 0, 1, 91] }, 'a latitude from -90 to 90'],
    ['area.circle', { circle: [0, 0, 1] }, 'is not a circle'],
    ['area.circle.lat', { circle: { lat: 113.5, lon: 22, radiusM: 5 } }, 'a latitude from -90 to 90'],
    ['area.circle.radiusM', { circle: { lat: 0, lon: 0, radiusM: 0 } }, 'Write metres above 0'],
    ['area.circle.radius', { circle: { lat: 0, lon: 0, radiusM: 5, radius: 5 } }, 'A circle has no "radius"'],
    ['flags', 'yes', 'Write true or false'],
    ['colour', 'red', 'There is no field "colour"; the fields are metrics, where'],
    ['__proto__x', 1, 'There is no field'],
  ])('refuses %s for %p with a sentence', (field, value, sentence) => {
    const name = /^\w+/.exec(field)![0];
    const issues = issuesOf({ metrics: ['m'], from: '-24h', [name]: value });
    expect(Object.keys(issues)).toEqual([field]);
    expect(issues[field]).toContain(sentence);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['aggregate', { step: '5m' }, 'needs an aggregate'],
    ['groupBy', { groupBy: ['district'] }, 'are not grouped'],
    ['flags', { aggregate: ['mean'], flags: true }, 'Flags belong to raw readings'],
    ['fill', { aggregate: ['mean'], fill: 'null' }, 'Only a query with a step'],
    ['fill', { aggregate: ['mean'], step: '5m', fill: 'zero' }, 'is not a way to fill'],
    ['fill', { aggregate: ['mean'], step: '5m', fill: Infinity }, 'is not a way to fill'],
    ['step', { aggregate: ['mean'], step: 5 }, 'is not a duration'],
    ['step', { aggregate: ['mean'], step: '5x' }, 'is not a duration'],
    ['step', { aggregate: ['mean'], step: '36h' }, 'not whole days'],
    ['step', { aggregate: ['mean'], step: '10ms' }, 'more than 1000000 buckets'],
    ['step', { aggregate: ['mean'], step: '7m', from: 0 }, 'more than 1000000 buckets'],
    ['step', { aggregate: ['mean'], step: '13h', from: 0 }, 'change their length too often'],
    ['maxPoints', { aggregate: ['mean'], step: 'auto' }, 'Write a whole number'],
    [
      'maxPoints',
      { aggregate: ['mean'], step: 'auto', maxPoints: 1, from: '1999-12-31T00:00:00Z', to: '2100-01-01T00:00:00Z' },
      'allow more',
    ],
  ])('refuses %s in %p', (field, document, sentence) => {
    const issues = issuesOf({ metrics: ['m'], from: '-24h', ...document });
    expect(Object.keys(issues)).toEqual([field]);
    expect(issues[field]).toContain(sentence);
  });

  it('names all faults at once', () => {
    expect(Object.keys(issuesOf({ metrics: [], from: 1, aggregate: ['x'], limit: -1, nope: 1 })).sort()).toEqual(
      ['aggregate[0]', 'from', 'limit', 'metrics', 'nope'].sort(),
    );
  });

  it.each([[null], [[]], ['metrics'], [5], [undefined]])('refuses %p as a document', (document) => {
    expect(issuesOf(document)).toHaveProperty([''], expect.stringContaining('write an object'));
  });

  it('refuses whatever it is given with a QueryError only', () => {
    const fields = [
      'metrics',
      'where',
      'from',
      'to',
      'step',
      'maxPoints',
      'aggregate',
      'timeZone',
      'groupBy',
      'fill',
      'limit',
      'cursor',
      'area',
      'offset',
      'flags',
    ];
    const text = fc.constantFrom(
      '5m',
      '1M',
      'auto',
      'now',
      '-1d',
      'mean',
      'p50',
      'district',
      'UTC',
      'linear',
      '*',
      '\u0000',
    );
    const value = fc.oneof(
      fc.anything({ maxDepth: 2 }),
      text,
      fc.array(text),
      fc.integer(),
      fc.dictionary(text, fc.array(text)),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...fields), value), (document) => {
        issuesOf(document);
      }),
    );
  });

  it.each([
    ...['', 'metrics', 'metrics[0]', 'where', 'where.district', 'where.district[0]', 'from', 'to', 'offset', 'step'],
    ...['maxPoints', 'aggregate', 'aggregate[0]', 'timeZone', 'groupBy', 'fill', 'flags', 'limit', 'cursor', 'area'],
    ...['area.box', 'area.circle', 'area.circle.lat', 'area.box[1]'],
  ])('complains about "%s" in a short sentence, however deep the value there is', (field) => {
    for (const deep of ['[]', '{"a":}'].map(nested)) {
      const document = field === '' ? [deep] : withValue(field, deep);
      const messages = Object.values(issuesOf(document));
      expect(messages.length).toBeGreaterThan(0);
      expect(Math.max(...messages.map((message) => message.length))).toBeLessThan(400);
    }
  });
});

describe('the buckets of a plan', () => {
  it.each<[string, string, string, string, 'fixed' | 'listed']>([
    ['5m', 'Europe/London', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'fixed'],
    ['1h', 'Europe/London', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'fixed'],
    ['2h', 'Europe/London', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'listed'],
    ['2h', 'Asia/Shanghai', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'fixed'],
    ['7m', 'UTC', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'listed'],
    ['1d', 'Asia/Shanghai', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'fixed'],
    ['1d', 'Europe/London', '2016-10-28T00:00:00Z', '2016-11-02T00:00:00Z', 'listed'],
    ['1w', 'UTC', '2016-01-01T00:00:00Z', '2016-11-02T00:00:00Z', 'fixed'],
    ['1M', 'UTC', '2016-01-01T00:00:00Z', '2016-11-02T00:00:00Z', 'listed'],
    ['1h', 'Australia/Lord_Howe', '2016-09-29T00:00:00Z', '2016-10-04T00:00:00Z', 'listed'],
    // Sao Paulo skipped the first hour of 16 October 2016.
    ['2d', 'America/Sao_Paulo', '2016-10-16T03:00:00Z', '2016-10-19T00:00:00Z', 'listed'],
    ['2h', 'America/Sao_Paulo', '2016-10-16T03:00:00Z', '2016-10-19T00:00:00Z', 'listed'],
    ['1h', 'America/Sao_Paulo', '2016-10-16T03:00:00Z', '2016-10-19T00:00:00Z', 'fixed'],
    ['30m', 'Australia/Lord_Howe', '2016-09-29T00:00:00Z', '2016-10-04T00:00:00Z', 'fixed'],
  ])('of %s in %s from %s to %s are %s', (step, timeZone, from, to, kind) => {
    expect(parse({ from, to, step, timeZone, aggregate: ['mean'] }).buckets!.kind).toBe(kind);
  });

  it('are those of the grid, whichever way they are given', () => {
    const zone = fc.constantFrom(
      'UTC',
      'Europe/London',
      'Asia/Shanghai',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'Pacific/Apia',
      '+05:30',
    );
    const step = fc.constantFrom('5m', '7m', '30m', '1h', '2h', '5h', '24h', '1d', '2d', '1w', '1M', '1y');
    const from = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2020, 0, 1) });
    fc.assert(
      fc.property(zone, step, from, fc.integer({ min: 1, max: 100 * 24 * HOUR }), (timeZone, asked, begin, length) => {
        const { buckets, to } = parse({ from: begin, to: begin + length, step: asked, timeZone, aggregate: ['mean'] });
        const grid = gridOf(asked, timeZone);
        let start = grid.floor(begin);
        for (let i = 0; i < bucketCount(buckets!, to); i++, start = grid.next(start)) {
          if (bucketStart(buckets!, i) !== start)
            throw new Error(`Bucket ${i} begins at ${bucketStart(buckets!, i)}, not ${start}.`);
          if (bucketIndex(buckets!, start) !== i || bucketIndex(buckets!, Math.min(grid.next(start), to) - 1) !== i)
            throw new Error(`Bucket ${i} is not found.`);
        }
        expect(start).toBeGreaterThanOrEqual(to);
      }),
    );
  });

  it.each<[number, string, string]>([
    [100, '-24h', '15m'],
    [300, '-24h', '5m'],
    [24, '-1h', '5m'],
    [1000, '-365d', '12h'],
    [10, '-365d', '3M'],
    [1_000_000, '-1m', '1s'],
  ])('for at most %p points from %s are of the finest nice step: %s', (maxPoints, from, step) => {
    const plan = parse({ from, step: 'auto', maxPoints, aggregate: ['mean'] });
    expect(plan.step).toBe(step);
    expect(bucketCount(plan.buckets!, plan.to)).toBeLessThanOrEqual(maxPoints);
  });
});
