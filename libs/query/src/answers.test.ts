import { describe, expect, it } from '@jest/globals';
import { answerSeriesKey, type QueryChunk } from '@seawall/model';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { answerCsv } from './answer-csv.ts';
import { answerJson } from './answer-json.ts';
import { answerNdjson } from './answer-ndjson.ts';
import { partialBuckets } from './bucket-index.ts';
import { parseQuery } from './parse-query.ts';
import type { PlannedQuery } from './planned-query.ts';
import { QueryError } from './query-error.ts';

const T0 = Date.UTC(2026, 2, 1);
const MINUTE = 60_000;

interface JsonAnswer {
  series: {
    domain: string;
    metric: string;
    unit: string | null;
    labels: Record<string, string>;
    time: number[];
    values: Record<string, (number | null)[]>;
  }[];
  step: string | null;
  timeZone: string;
  source: string;
  partial: number[];
  next: string | null;
}

/** A stored point: series, time, value. */
type Point = readonly [device: string, time: number, value: number];

const plan = (document: Record<string, unknown>, now = T0) =>
  parseQuery({ metrics: ['m'], from: T0, to: T0 + 10 * MINUTE, ...document }, { now, timeZone: 'UTC' });

const stepped = (document: Record<string, unknown> = {}) =>
  plan({ aggregate: ['mean'], step: '1m', groupBy: ['device'], ...document });

function chunkOf(device: string, points: readonly (readonly [number, number])[], column = 'mean'): QueryChunk {
  const time = Float64Array.from(points, ([t]) => t);
  const values = { [column]: Float64Array.from(points, ([, value]) => value) };
  return { domain: 'e', metric: 'm', unit: 'K', labels: { device }, time, values };
}

/** Answers as a store does: after the position, one point more than the limit, in chunks of `size`. */
async function* storeAnswer(of: PlannedQuery, points: readonly Point[], size = 2): AsyncGenerator<QueryChunk> {
  const keyOf = (device: string) => answerSeriesKey(of, { domain: 'e', metric: 'm', labels: { device } });
  const { after } = of;
  const left = points
    .filter(
      ([device, time]) =>
        after === undefined || keyOf(device) > after.series || (keyOf(device) === after.series && time > after.time),
    )
    .slice(0, of.limit + 1);
  for (let i = 0, end = 0; i < left.length; i = end) {
    while (end < left.length && end - i < size && left[end]![0] === left[i]![0]) end++;
    yield chunkOf(
      left[i]![0],
      left.slice(i, end).map(([, time, value]) => [time, value] as const),
      of.aggregate[0] ?? 'value',
    );
  }
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

async function json(of: PlannedQuery, points: readonly Point[]): Promise<JsonAnswer> {
  return JSON.parse(await textOf(answerJson(of, storeAnswer(of, points)))) as JsonAnswer;
}

async function filled(document: Record<string, unknown>, points: readonly Point[]): Promise<(number | null)[]> {
  const { series } = await json(stepped(document), points);
  expect(series[0]!.time).toEqual(Array.from({ length: 10 }, (_, i) => T0 + i * MINUTE));
  return series[0]!.values['mean']!;
}

const at = (minute: number, value: number, device = 'a'): Point => [device, T0 + minute * MINUTE, value];

describe('the JSON answer', () => {
  it('is the document of the contract', async () => {
    const answer = await json(stepped(), [at(0, 1), at(1, 2), at(2, 3), at(0, 5, 'b')]);
    expect(answer).toEqual({
      series: [
        {
          domain: 'e',
          metric: 'm',
          unit: 'K',
          labels: { device: 'a' },
          time: [T0, T0 + MINUTE, T0 + 2 * MINUTE],
          values: { mean: [1, 2, 3] },
        },
        { domain: 'e', metric: 'm', unit: 'K', labels: { device: 'b' }, time: [T0], values: { mean: [5] } },
      ],
      step: '1m',
      timeZone: 'UTC',
      source: 'raw',
      partial: [],
      next: null,
    });
  });

  it('has no series without data, also when gaps are filled', async () => {
    expect((await json(stepped({ fill: 0 }), [])).series).toEqual([]);
  });

  it('writes NaN and infinities as null', async () => {
    const answer = await json(stepped(), [at(0, NaN), at(1, Infinity), at(2, 1e21)]);
    expect(answer.series[0]!.values['mean']).toEqual([null, null, 1e21]);
  });

  it('comes in pieces, and stays unfinished when the store fails', async () => {
    async function* failing(): AsyncGenerator<QueryChunk> {
      yield chunkOf(
        'a',
        Array.from({ length: 80_000 }, (_, i) => [T0 + i, i] as const),
        'value',
      );
      yield chunkOf('b', [[T0, 1]], 'value');
      throw new Error('the store failed');
    }
    const pieces: string[] = [];
    const read = async () => {
      for await (const piece of answerJson(plan({}), failing())) pieces.push(piece);
    };
    await expect(read()).rejects.toThrow('the store failed');
    expect(pieces.length).toBeGreaterThan(5);
    expect(() => JSON.parse(pieces.join('')) as unknown).toThrow(SyntaxError);
  });

  it('marks the buckets that from and to cut', async () => {
    const of = stepped({ from: T0 + 30_000, to: T0 + 5 * MINUTE + 1 });
    expect(partialBuckets(of)).toEqual([T0, T0 + 5 * MINUTE]);
    expect((await json(of, [at(0, 1)])).partial).toEqual([T0, T0 + 5 * MINUTE]);
    expect(partialBuckets(stepped({ from: T0 + 1, to: T0 + 2 }))).toEqual([T0]);
    expect(partialBuckets(stepped({ step: '7m', to: T0 + 14 * MINUTE }))).toEqual([]);
    expect(partialBuckets(plan({ aggregate: ['mean'] }))).toEqual([]);
  });
});

describe('fill', () => {
  const points = [at(2, 10), at(5, 40), at(6, 0)];

  it('none leaves gaps alone', async () => {
    expect((await json(stepped(), points)).series[0]!.time).toEqual(points.map(([, time]) => time));
  });

  it('null, a number, previous and linear fill every bucket of the range from what is in it', async () => {
    const [n, x] = [null, 7];
    expect(await filled({ fill: 'null' }, points)).toEqual([n, n, 10, n, n, 40, 0, n, n, n]);
    expect(await filled({ fill: 7 }, points)).toEqual([x, x, 10, x, x, 40, 0, x, x, x]);
    expect(await filled({ fill: 'previous' }, points)).toEqual([n, n, 10, 10, 10, 40, 0, 0, 0, 0]);
    expect(await filled({ fill: 'linear' }, points)).toEqual([n, n, 10, 20, 30, 40, 0, n, n, n]);
  });

  it('linear goes by time where buckets are unequal', async () => {
    // London, 2016-10-30 has 25 hours.
    const [friday, saturday, sunday, monday] = [28, 29, 30, 31].map((day) =>
      Date.UTC(2016, 9, day - (day < 31 ? 1 : 0), day < 31 ? 23 : 0),
    );
    const of = plan({
      from: friday,
      to: monday! + 1,
      step: '1d',
      aggregate: ['mean'],
      groupBy: ['device'],
      timeZone: 'Europe/London',
      fill: 'linear',
    });
    const { series } = await json(of, [
      ['a', friday!, 0],
      ['a', monday!, 73],
    ]);
    expect(series[0]!.time).toEqual([friday, saturday, sunday, monday]);
    series[0]!.values['mean']!.forEach((value, i) => expect(value).toBeCloseTo([0, 24, 48, 73][i]!, 9));
  });

  it('keeps series apart', async () => {
    const { series } = await json(stepped({ fill: 'previous' }), [at(8, 1), at(1, 5, 'b')]);
    expect(series.map(({ values }) => values['mean']!.slice(0, 3))).toEqual([
      [null, null, null],
      [null, 5, 5],
    ]);
  });

  it('fills gaps longer than a chunk', async () => {
    const { series } = await json(stepped({ step: '1s', from: T0 - 20_000_000, fill: 'linear' }), [
      ['a', T0 - 20_000_000, 0],
      ['a', T0, 20_000],
    ]);
    expect(series[0]!.values['mean']!.slice(0, 20_001).every((value, i) => Math.abs(value! - i) < 1e-9)).toBe(true);
  });
});

describe('pages', () => {
  it('continue exactly, whatever the fill and the limit', async () => {
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 8 });
    const fill = fc.constantFrom('none', 'null', 'previous', 'linear', 3);
    await fc.assert(
      fc.asyncProperty(minutes, minutes, fill, fc.integer({ min: 1, max: 25 }), async (a, b, how, limit) => {
        const sorted = (device: string, of: number[]) =>
          of.sort((x, y) => x - y).map((minute, i) => at(minute, i * i, device));
        const points = [...sorted('a', a), ...sorted('b', b)];
        const flat = ({ series }: JsonAnswer) =>
          series.flatMap(({ labels, time, values }) => time.map((t, i) => [labels['device'], t, values['mean']![i]]));
        const whole = flat(await json(stepped({ fill: how }), points));
        const pages: unknown[] = [];
        let cursor: string | null = null;
        do {
          // Time goes on between pages; the range must not.
          const document = { fill: how, limit, from: '-10m', to: 'now', ...(cursor !== null && { cursor }) };
          const now: number = cursor === null ? T0 + 10 * MINUTE : T0 + 60 * MINUTE;
          const page = await json(
            plan({ aggregate: ['mean'], step: '1m', groupBy: ['device'], ...document }, now),
            points,
          );
          expect(flat(page).length).toBeLessThanOrEqual(limit);
          if (page.next !== null) expect(flat(page)).toHaveLength(limit);
          pages.push(...flat(page));
          cursor = page.next;
        } while (cursor !== null);
        expect(pages).toEqual(whole);
      }),
    );
  });

  it('may change their limit, and nothing else', async () => {
    const { next: cursor } = await json(stepped({ limit: 1 }), [at(0, 1), at(1, 2)]);
    expect(stepped({ limit: 7, cursor }).limit).toBe(7);
    const others = [
      { fill: 0 },
      { aggregate: ['max'] },
      { metrics: ['n'] },
      { from: T0 + 1 },
      { where: { device: ['a'] } },
      { timeZone: 'Europe/London' },
    ];
    for (const other of others) expect(() => stepped({ limit: 1, cursor, ...other })).toThrow(QueryError);
  });

  it('refuse a cursor that was changed', async () => {
    const { next } = await json(stepped({ limit: 1 }), [at(0, 1), at(1, 2)]);
    const text = Buffer.from(next!, 'base64url').toString();
    const forged = Buffer.from(text.replace(String(T0), String(T0 + 1))).toString('base64url');
    expect(() => stepped({ cursor: forged })).toThrow(QueryError);
  });

  it('stop the store once they are full', async () => {
    let stopped = false;
    async function* endless(): AsyncGenerator<QueryChunk> {
      try {
        for (let i = 0; ; i++) yield chunkOf('a', [[T0 + i, i]], 'value');
      } finally {
        stopped = true;
      }
    }
    await textOf(answerNdjson(plan({ limit: 3 }), endless()));
    expect(stopped).toBe(true);
  });
});

describe('the CSV answer', () => {
  it('has the labels sorted between the metric and the aggregates, and RFC 3339 times', async () => {
    const of = plan({ aggregate: ['mean', 'p95'], step: '1m', groupBy: ['site', 'district', 'domain'] });
    async function* chunks(): AsyncGenerator<QueryChunk> {
      const values = { mean: Float64Array.of(1.5, NaN), p95: Float64Array.of(2, 3) };
      yield {
        domain: 'e',
        metric: 'm',
        unit: null,
        labels: { site: 's', district: 'x' },
        time: Float64Array.of(T0, T0 + MINUTE),
        values,
      };
    }
    expect(await textOf(answerCsv(of, chunks()))).toBe(
      'time,domain,metric,district,site,mean,p95\r\n' +
        '2026-03-01T00:00:00.000Z,e,m,x,s,1.5,2\r\n' +
        '2026-03-01T00:01:00.000Z,e,m,x,s,,3\r\n',
    );
  });

  it('has a column for every label the store names, and refuses a label it did not name', async () => {
    const of = plan({});
    const labelNames = ['device', 'district', 'site'];
    const raw = (labels: Record<string, string>): QueryChunk => ({
      ...chunkOf('a', [[T0 + 0.25, 1]], 'value'),
      labels,
      labelNames,
    });
    async function* chunks(second: Record<string, string>): AsyncGenerator<QueryChunk> {
      yield raw({ device: 'a' });
      yield raw(second);
    }
    expect(await textOf(answerCsv(of, chunks({ device: 'b', site: 's' })))).toBe(
      'time,domain,metric,device,district,site,value\r\n' +
        '2026-03-01T00:00:00.000250Z,e,m,a,,,1\r\n2026-03-01T00:00:00.000250Z,e,m,b,,s,1\r\n',
    );
    await expect(textOf(answerCsv(of, chunks({ device: 'b', zone: 'z' })))).rejects.toThrow(
      'The label zone has no column',
    );
  });

  it('is a header when there is no data', async () => {
    expect(await textOf(answerCsv(stepped(), storeAnswer(stepped(), [])))).toBe('time,domain,metric,device,mean\r\n');
  });

  it('is read back by another parser, whatever the labels hold', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('a,b', '"', 'x"y', 'a\r\nb', '\n', ' a ', '#'),
    );
    await fc.assert(
      fc.asyncProperty(text, async (device) => {
        const of = stepped();
        const csv = await textOf(answerCsv(of, storeAnswer(of, [at(0, 1, device), at(1, 2, device)])));
        const rows = parseCsv(csv, { columns: true, record_delimiter: '\r\n' });
        expect(rows).toEqual(
          ['1', '2'].map((mean, i) => ({
            time: new Date(T0 + i * MINUTE).toISOString(),
            domain: 'e',
            metric: 'm',
            device,
            mean,
          })),
        );
      }),
    );
  });

  it('ends in a line that is no row when it was cut short', async () => {
    const of = stepped({ limit: 1 });
    const csv = await textOf(answerCsv(of, storeAnswer(of, [at(0, 1), at(1, 2)])));
    expect(() => parseCsv(csv, { columns: true }) as unknown).toThrow(/columns length/i);
    const [, cursor] = /\r\n# cut short, next: (\S+)\r\n$/.exec(csv)!;
    expect(stepped({ limit: 1, cursor }).after?.time).toBe(T0);
  });
});

describe('the NDJSON answer', () => {
  it('is an object for each point, marked where the range cuts its bucket', async () => {
    const of = stepped({ from: T0 + 1 });
    const lines = (await textOf(answerNdjson(of, storeAnswer(of, [at(0, 1), at(1, NaN)])))).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { domain: 'e', metric: 'm', unit: 'K', labels: { device: 'a' }, time: T0, values: { mean: 1 }, partial: true },
      { domain: 'e', metric: 'm', unit: 'K', labels: { device: 'a' }, time: T0 + MINUTE, values: { mean: null } },
    ]);
  });

  it('ends in the cursor when it was cut short, and tells its caller', async () => {
    const of = stepped({ limit: 1 });
    const lines = answerNdjson(of, storeAnswer(of, [at(0, 1), at(1, 2)]));
    let text = '';
    let step = await lines.next();
    for (; !step.done; step = await lines.next()) text += step.value;
    const last = JSON.parse(text.trimEnd().split('\n').at(-1)!) as { next: string };
    expect(step.value).toEqual({ next: last.next, source: 'raw', partial: [] });
    expect(stepped({ limit: 1, cursor: last.next }).after?.time).toBe(T0);
  });
});

describe('what an answer was computed from', () => {
  const percentiles = () => plan({ aggregate: ['p95'], step: '1m', fill: 'previous' });
  const chunk = (minute: number, marks: Partial<QueryChunk>): QueryChunk => ({
    ...chunkOf('a', [[T0 + minute * MINUTE, minute]], 'p95'),
    labels: {},
    ...marks,
  });
  async function* chunks(): AsyncGenerator<QueryChunk> {
    yield chunk(0, { source: '1h', percentileError: 0.01 });
    yield chunk(1, { source: '1m', percentileError: 0.005 });
    yield chunk(2, {});
  }
  const END = { next: null, source: '1h', percentileError: 0.01, partial: [] };

  async function endOf(answer: AsyncGenerator<string, unknown, void>): Promise<unknown> {
    for (;;) {
      const step = await answer.next();
      if (step.done) return step.value;
    }
  }

  it('is told of the whole by JSON: the coarsest, and the greatest error', async () => {
    expect(JSON.parse(await textOf(answerJson(percentiles(), chunks())))).toMatchObject(END);
    expect(await json(stepped(), [at(0, 1)])).not.toHaveProperty('percentileError');
  });

  it('is told of each point by NDJSON, filled ones as the run they follow', async () => {
    const lines = (await textOf(answerNdjson(percentiles(), chunks()))).trimEnd().split('\n');
    const marks = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(marks.map(({ source = null, percentileError = null }) => [source, percentileError])).toEqual([
      ['1h', 0.01],
      ['1m', 0.005],
      ...Array.from({ length: 8 }, () => [null, null]),
    ]);
  });

  it('is what every answer ends in for its caller', async () => {
    for (const write of [answerJson, answerCsv, answerNdjson]) {
      expect(await endOf(write(percentiles(), chunks()))).toEqual(END);
    }
  });

  it('is of this page alone', async () => {
    const of = plan({ aggregate: ['p95'], step: '1m', limit: 1 });
    async function* finerFirst(): AsyncGenerator<QueryChunk> {
      yield chunk(0, {});
      yield chunk(1, { source: '1h' });
    }
    expect(await endOf(answerNdjson(of, finerFirst()))).toMatchObject({ source: 'raw' });
  });
});

describe('what has expired', () => {
  const since = T0 + 90_000;
  /** Two domains, of which one has lost its first minute and a half, and the fifth minute of device a. */
  async function* lacking(): AsyncGenerator<QueryChunk> {
    const a = chunkOf('a', [1, 2, 5].map((minute) => [T0 + minute * MINUTE, minute])); // prettier-ignore
    yield { ...a, expiredBefore: since, partial: new Set([T0 + MINUTE, T0 + 5 * MINUTE, T0 + 7 * MINUTE]) };
    yield { ...chunkOf('b', [[T0 + 2 * MINUTE, 1]]), domain: 'f', expiredBefore: since - 60_000 };
    yield { ...chunkOf('c', []), domain: 'g', values: {}, expiredBefore: since - 70_000 };
  }

  it('is told by JSON: from when on all is answered, and which buckets lack something, also those without a point', async () => {
    const answer = JSON.parse(await textOf(answerJson(stepped(), lacking()))) as JsonAnswer;
    expect(answer).toMatchObject({ expiredBefore: since, partial: [1, 5, 7].map((minute) => T0 + minute * MINUTE) });
    expect(answer.series).toHaveLength(2);
    const cut = stepped({ from: T0 + 1000 });
    expect(JSON.parse(await textOf(answerJson(cut, lacking())))).toMatchObject({
      partial: [0, 1, 5, 7].map((minute) => T0 + minute * MINUTE),
    });
  });

  it('is told by NDJSON on the points and in a line behind them', async () => {
    const lines = (await textOf(answerNdjson(stepped(), lacking()))).trimEnd().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore
    expect(lines.map((line) => 'partial' in line)).toEqual([true, false, true, false, true]);
    expect(lines.at(-1)).toEqual({ expiredBefore: since, partial: [1, 5, 7].map((minute) => T0 + minute * MINUTE) });
  });

  it('fills no gaps of what has no point, and is told of a page that is full too', async () => {
    const filledIn = JSON.parse(await textOf(answerJson(stepped({ fill: 0 }), lacking()))) as JsonAnswer;
    expect(filledIn.series.map(({ domain }) => domain)).toEqual(['e', 'f']);
    const page = JSON.parse(await textOf(answerJson(stepped({ limit: 1 }), lacking()))) as JsonAnswer;
    expect(page).toMatchObject({ expiredBefore: since, next: expect.any(String) });
    expect(page.partial).toContain(T0 + MINUTE);
  });

  it('of another time is told by the times of the readings, and its buckets by those shown', async () => {
    const moved = plan({ aggregate: ['mean'], step: '1m', groupBy: ['device'], from: T0 + 86_400_000, to: T0 + 86_400_000 + 10 * MINUTE, offset: '-1d' }); // prettier-ignore
    expect(JSON.parse(await textOf(answerJson(moved, lacking())))).toMatchObject({
      expiredBefore: since,
      partial: [1, 5, 7].map((minute) => T0 + 86_400_000 + minute * MINUTE),
    });
  });
});
