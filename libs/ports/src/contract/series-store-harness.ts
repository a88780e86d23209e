import { afterEach, beforeEach } from '@jest/globals';
import {
  ReadingBatchBuilder,
  ReadingFlag,
  UNDESCRIBED,
  type Labels,
  type QueryChunk,
  type QueryPlan,
  type ReadingBatch,
  type Series,
} from '@seawall/model';
import type { Cursor } from '../journal.ts';
import type { SeriesStore, StoreChange } from '../series-store.ts';

export const HOUR = 3_600_000;
export const T0 = Date.UTC(2026, 2, 1);

/** A reading as the suite writes it: series ("domain/device/metric"), event time in epoch ms, value. */
export type PlainReading = readonly [series: string, eventTime: number, value: number];

const interned = new Map<string, Series>();

function seriesOf(path: string): Series {
  const [domain, device, metric] = path.split('/') as [string, string, string];
  const series = interned.get(path) ?? { domain, device, metric };
  interned.set(path, series);
  return series;
}

/** One batch in the order given. */
export function batchOf(readings: readonly PlainReading[], labels: Labels = UNDESCRIBED): ReadingBatch {
  const builder = new ReadingBatchBuilder();
  for (const [path, time, value] of readings) builder.add(seriesOf(path), labels, time, value, ReadingFlag.none);
  return builder.take();
}

export function readingsChange(seq: number, readings: readonly PlainReading[]): StoreChange {
  return { kind: 'readings', seq, batch: batchOf(readings) };
}

/** A raw plan over everything, with what the test is about on top. */
export function planOf(over: Partial<QueryPlan>): QueryPlan {
  const plan: QueryPlan = {
    metrics: ['m'],
    where: {},
    from: 0,
    to: Date.UTC(2200, 0, 1),
    aggregate: [],
    groupBy: [],
    fill: 'none',
    limit: 1000,
    step: null,
    timeZone: 'UTC',
  };
  return { ...plan, ...over };
}

/** An answered series with its chunks put together. */
export interface WholeSeries {
  readonly domain: string;
  readonly metric: string;
  readonly unit: string | null;
  readonly labels: Labels;
  readonly time: number[];
  readonly values: Record<string, number[]>;
}

/** The whole answer; consecutive chunks of one series are put together. Chunks without points only tell something. */
export async function collect(chunks: AsyncIterable<QueryChunk>): Promise<WholeSeries[]> {
  const answer: WholeSeries[] = [];
  let head = '';
  for await (const { domain, metric, unit, labels, time, values } of chunks) {
    if (time.length === 0) continue;
    const key = JSON.stringify([domain, metric, Object.entries(labels).sort()]);
    if (key !== head) {
      const columns = Object.keys(values).map((name) => [name, [] as number[]] as const);
      answer.push({ domain, metric, unit, labels, time: [], values: Object.fromEntries(columns) });
    }
    head = key;
    answer.at(-1)!.time.push(...time);
    for (const [name, column] of Object.entries(values)) answer.at(-1)!.values[name]!.push(...column);
  }
  return answer;
}

/** A store for each test, opened before it and closed after it, with short ways to write and to ask. */
export class StoreHarness {
  #store: SeriesStore | undefined;
  #seq = 0;

  constructor(open: () => Promise<SeriesStore>) {
    beforeEach(async () => {
      this.#store = await open();
      this.#seq = 0;
    });
    afterEach(() => this.#store?.close());
  }

  get store(): SeriesStore {
    return this.#store!;
  }

  /** Writes one batch. */
  write(...readings: PlainReading[]): Promise<void> {
    return this.change(readingsChange(this.#seq + 1, readings));
  }

  describeDevice(device: string, ...spans: (readonly [from: number, labels: Labels])[]): Promise<void> {
    return this.change({ kind: 'labels', device, spans: spans.map(([from, labels]) => ({ from, labels })) });
  }

  change(change: StoreChange): Promise<void> {
    this.#seq++;
    return this.store.write([change], cursorAt(this.#seq));
  }

  answer(over: Partial<QueryPlan>): Promise<WholeSeries[]> {
    return collect(this.store.query(planOf(over)));
  }

  /** One column of each answered series. */
  async values(over: Partial<QueryPlan>, column = 'value'): Promise<(number[] | undefined)[]> {
    return (await this.answer(over)).map((series) => series.values[column]);
  }
}

export function cursorAt(seq: number): Cursor {
  return String(seq) as Cursor;
}
