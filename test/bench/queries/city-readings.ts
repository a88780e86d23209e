import type { Labels, ReadingBatch, Series } from '@seawall/model';

export const DISTRICTS = ['harbour', 'old-town', 'station', 'university', 'heights', 'meadows', 'riverside', 'airport'];
export const DOMAIN = 'environment';
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
export const DAYS = 30;
const MINUTES = DAYS * 1440;
const SEED = 20_261_124;

/** What a station measures: unit, the middle of its values, how far a day and the weather take them from there. */
const METRICS = [
  { name: 'pm25', unit: 'ug/m3', middle: 45, daily: 15, drift: 20 },
  { name: 'pm10', unit: 'ug/m3', middle: 80, daily: 25, drift: 30 },
  { name: 'temperature', unit: 'Cel', middle: 18, daily: 6, drift: 4 },
  { name: 'humidity', unit: '%', middle: 60, daily: 18, drift: 12 },
];
/** Of a step of a minute: what of the drift stays. Values then move by a few tenths between two readings. */
const KEPT = 0.999;

export interface Station {
  readonly device: string;
  readonly labels: Labels;
  /** Within each minute, ms: stations don't all speak at once. */
  readonly offsetMs: number;
}

/**
 * A month of a city's stations: each has four metrics and speaks once a minute, at a second of its own. Values have one
 * decimal and move slowly. The same number of stations gives the same readings; they are made minute by minute, since
 * each value goes on from the one before.
 */
export class CityReadings {
  readonly stations: readonly Station[];
  readonly metrics = METRICS;
  readonly minutes = MINUTES;
  readonly from: number;
  readonly to: number;
  #minute = 0;
  #random = SEED;
  readonly #drift: Float64Array;
  /** By station, then metric. */
  readonly #values: Float64Array;

  /** @param readings how many there should be, roughly @param to midnight after the last reading, epoch ms */
  constructor(readings: number, to: number) {
    const stations = Math.max(DISTRICTS.length, Math.ceil(readings / MINUTES / METRICS.length));
    this.stations = Array.from({ length: stations }, (_, i) => ({
      device: `aq-${i.toString().padStart(4, '0')}`,
      labels: { district: DISTRICTS[i % DISTRICTS.length]!, type: i % 3 === 0 ? 'roadside' : 'background' },
      offsetMs: Math.floor((i * 60) / stations) * 1000,
    }));
    this.to = to;
    this.from = to - DAYS * DAY_MS;
    this.#drift = new Float64Array(this.perMinute);
    this.#values = new Float64Array(this.perMinute);
  }

  get perMinute(): number {
    return this.stations.length * METRICS.length;
  }

  get readings(): number {
    return this.perMinute * MINUTES;
  }

  /** Of the minute last made. */
  get minuteStart(): number {
    return this.from + (this.#minute - 1) * MINUTE_MS;
  }

  /** @returns the next minute's values by station, then metric; undefined after the last. The array is used again. */
  next(): Float64Array | undefined {
    if (this.#minute === MINUTES) return undefined;
    const values = this.#values;
    for (let station = 0, at = 0; station < this.stations.length; station++) {
      // Each station's day begins a little earlier or later, as shade and traffic differ.
      const wave = Math.sin(((this.#minute - 600 + station) / 1440) * 2 * Math.PI);
      for (let metric = 0; metric < METRICS.length; metric++, at++) {
        const { middle, daily, drift } = METRICS[metric]!;
        this.#drift[at] = this.#drift[at]! * KEPT + (this.#next() - 0.5) * drift * 0.05;
        values[at] = Math.max(0, Math.round((middle + daily * wave + this.#drift[at]!) * 10) / 10);
      }
    }
    this.#minute++;
    return values;
  }

  /** In [0, 1): an xorshift, which costs less than what it decides. */
  #next(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) / 4_294_967_296;
  }
}

/** Makes batches of a city's readings, in the order of event time. */
export class CityBatches {
  readonly #city: CityReadings;
  readonly #series: readonly Series[];
  readonly #labels: readonly Labels[];

  constructor(city: CityReadings) {
    this.#city = city;
    this.#series = city.stations.flatMap(({ device }) =>
      city.metrics.map(({ name }) => ({ domain: DOMAIN, device, metric: name })),
    );
    this.#labels = city.stations.flatMap(({ labels }) => city.metrics.map(() => labels));
  }

  /** @param minutes at most @returns undefined after the last */
  next(minutes: number): ReadingBatch | undefined {
    const { perMinute, stations, metrics } = this.#city;
    const eventTime = new Float64Array(perMinute * minutes);
    const value = new Float64Array(perMinute * minutes);
    let length = 0;
    for (let minute = 0; minute < minutes; minute++) {
      const values = this.#city.next();
      if (values === undefined) break;
      value.set(values, length);
      const start = this.#city.minuteStart;
      for (const { offsetMs } of stations)
        for (let metric = 0; metric < metrics.length; metric++) eventTime[length++] = start + offsetMs;
    }
    if (length === 0) return undefined;
    return {
      series: this.#series,
      labels: this.#labels,
      seriesIndex: Uint32Array.from({ length }, (_, i) => i % perMinute),
      eventTime: eventTime.subarray(0, length),
      value: value.subarray(0, length),
      flags: new Uint8Array(length),
    };
  }
}
