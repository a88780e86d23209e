import type { Series } from '@seawall/model';

/** So long a reading is refused without asking InfluxDB again, where it refused one like it. */
const REMEMBERED_MS = 60_000;

interface Refusal {
  readonly said: string;
  readonly until: number;
}

/**
 * What InfluxDB has refused lately, whatever the reading's time and value: a metric whose field has another type there, or a
 * device for which its limits leave no room. So a stream of such readings costs one request a minute.
 */
export class KnownRefusals {
  readonly #clock: () => number;
  readonly #refusals = new Map<string, Refusal>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** @param said what InfluxDB says of a body that held this one reading */
  note(series: Series, said: string): void {
    const key = /field type conflict/.test(said)
      ? metricKey(series)
      : /max-(values-per-tag|series-per-database)/.test(said)
        ? deviceKey(series)
        : undefined;
    if (key !== undefined) this.#refusals.set(key, { said, until: this.#clock() + REMEMBERED_MS });
  }

  /** What was said; undefined where InfluxDB is to be asked. */
  of(series: Series): string | undefined {
    if (this.#refusals.size === 0) return undefined;
    return this.#valid(metricKey(series)) ?? this.#valid(deviceKey(series));
  }

  #valid(key: string): string | undefined {
    const refusal = this.#refusals.get(key);
    if (refusal === undefined || this.#clock() < refusal.until) return refusal?.said;
    this.#refusals.delete(key);
    return undefined;
  }
}

function metricKey({ domain, metric }: Series): string {
  return `metric\u0000${domain}\u0000${metric}`;
}

function deviceKey({ domain, device }: Series): string {
  return `device\u0000${domain}\u0000${device}`;
}
