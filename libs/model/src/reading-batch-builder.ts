import type { ReadingBatch } from './reading-batch.ts';
import type { Labels, Series } from './series.ts';

const FIRST_CAPACITY = 1024;

/** Fills the columns of one `ReadingBatch`; `take` seals the batch and leaves the builder empty for the next. */
export class ReadingBatchBuilder {
  #series: Series[] = [];
  #labels: Labels[] = [];
  #indexOf = new Map<Series, number>();
  #length = 0;
  #seriesIndex = new Uint32Array(FIRST_CAPACITY);
  #eventTime = new Float64Array(FIRST_CAPACITY);
  #value = new Float64Array(FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);

  get length(): number {
    return this.#length;
  }

  /**
   * @param series an interned object: the same object for the same series, since it is found by identity
   * @param labels the device's labels at `eventTime`, an interned object as well
   * @param eventTime epoch ms
   */
  add(series: Series, labels: Labels, eventTime: number, value: number, flags: number): void {
    let index = this.#indexOf.get(series);
    if (index === undefined || this.#labels[index] !== labels) index = this.#addSeries(series, labels);
    if (this.#length === this.#seriesIndex.length) this.#grow();
    const at = this.#length++;
    this.#seriesIndex[at] = index;
    this.#eventTime[at] = eventTime;
    this.#value[at] = value;
    this.#flags[at] = flags;
  }

  take(): ReadingBatch {
    const length = this.#length;
    const batch: ReadingBatch = {
      series: this.#series,
      labels: this.#labels,
      seriesIndex: this.#seriesIndex.slice(0, length),
      eventTime: this.#eventTime.slice(0, length),
      value: this.#value.slice(0, length),
      flags: this.#flags.slice(0, length),
    };
    this.#series = [];
    this.#labels = [];
    this.#indexOf = new Map();
    this.#length = 0;
    return batch;
  }

  #addSeries(series: Series, labels: Labels): number {
    const index = this.#series.push(series) - 1;
    this.#labels.push(labels);
    this.#indexOf.set(series, index);
    return index;
  }

  #grow(): void {
    const capacity = this.#seriesIndex.length * 2;
    const seriesIndex = new Uint32Array(capacity);
    seriesIndex.set(this.#seriesIndex);
    const eventTime = new Float64Array(capacity);
    eventTime.set(this.#eventTime);
    const value = new Float64Array(capacity);
    value.set(this.#value);
    const flags = new Uint8Array(capacity);
    flags.set(this.#flags);
    this.#seriesIndex = seriesIndex;
    this.#eventTime = eventTime;
    this.#value = value;
    this.#flags = flags;
  }
}
