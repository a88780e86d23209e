import type { QueryPlan, ReadingBatch, Series } from '@seawall/model';
import type { SeriesStore } from '@seawall/ports';

const DEVICES = 400;
const MINUTE_MS = 60_000;
const MINUTES_A_BATCH = 500;

/**
 * What a hub may have from long ago: a reading a minute of many devices, each a function of its device and minute, so
 * that whoever checks needs to keep nothing.
 */
export class OldReadings {
  readonly domain: string;
  readonly count: number;
  readonly #from: number;
  readonly #minutes: number;
  readonly #series: readonly Series[];

  /** @param from epoch ms, a whole minute @param readings at least, up to a whole minute of each device */
  constructor(domain: string, from: number, readings: number) {
    this.domain = domain;
    this.#from = from;
    this.#minutes = Math.ceil(readings / DEVICES);
    this.count = this.#minutes * DEVICES;
    this.#series = Array.from({ length: DEVICES }, (_, i) => ({
      domain: this.domain,
      device: `old-${i.toString().padStart(4, '0')}`,
      metric: 'level',
    }));
  }

  *batches(): Generator<ReadingBatch> {
    const labels = this.#series.map(() => ({ district: 'unknown', type: 'unknown' }));
    for (let first = 0; first < this.#minutes; first += MINUTES_A_BATCH) {
      const length = DEVICES * Math.min(MINUTES_A_BATCH, this.#minutes - first);
      const minute = (i: number) => first + Math.floor(i / DEVICES);
      yield {
        series: this.#series,
        labels,
        seriesIndex: Uint32Array.from({ length }, (_, i) => i % DEVICES),
        eventTime: Float64Array.from({ length }, (_, i) => this.#from + minute(i) * MINUTE_MS),
        value: Float64Array.from({ length }, (_, i) => valueAt(i % DEVICES, minute(i))),
        flags: new Uint8Array(length),
      };
    }
  }

  /** @returns sentences on what is missing, wrong or there twice in a store; none is good */
  async differencesIn(store: SeriesStore): Promise<string[]> {
    const differences: string[] = [];
    const seen = new Map<string, number>();
    for await (const { labels, time, values } of store.query(this.#everything())) {
      const device = labels['device']!;
      const begin = seen.get(device) ?? 0;
      seen.set(device, begin + time.length);
      const series = Number(device.slice('old-'.length));
      const wrong = time.findIndex((t, i) => !this.#isRight(series, begin + i, t, values['value']![i]!));
      if (wrong !== -1) differences.push(`${device} has ${values['value']![wrong]} at ${time[wrong]}`);
    }
    for (const { device } of this.#series)
      if (seen.get(device) !== this.#minutes) differences.push(`${device} has ${seen.get(device) ?? 0} readings`);
    return differences;
  }

  #isRight(series: number, minute: number, time: number, value: number): boolean {
    return time === this.#from + minute * MINUTE_MS && value === valueAt(series, minute);
  }

  #everything(): QueryPlan {
    return {
      metrics: ['level'],
      where: { domain: [this.domain] },
      from: 0,
      to: Number.MAX_SAFE_INTEGER / 1000,
      aggregate: [],
      groupBy: [],
      fill: 'none',
      limit: Number.MAX_SAFE_INTEGER,
      step: null,
      timeZone: 'UTC',
    };
  }
}

function valueAt(series: number, minute: number): number {
  return ((series * 31 + minute * 17) % 2000) / 10;
}
