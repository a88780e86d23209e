export const HOUR_MICROS = 3_600_000_000;

/** A domain's readings of an hour (its begin in microseconds); undefined where they must be counted. */
export interface HourCount {
  readonly domain: string;
  readonly hour: number;
  readonly count: number | undefined;
}

/** Taken for an hour's readings where none has been counted. */
const MANY = 10_000;

/** A domain's readings by the hour. */
class DomainCounts {
  readonly hours = new Map<number, number | undefined>();
  /** What a write adds; undefined where a reading may take the place of another. */
  readonly noted = new Map<number, number | undefined>();
  /** Of the hour noted last, since neighbours share it: not yet among `noted`. */
  hour = NaN;
  added = 0;
  /** The moment (microseconds) before which all of it is gone; NaN where that is not known. */
  expiredTo = NaN;
  /** Hours that have changed while readings were being removed. */
  written = new Set<number>();

  settle(): void {
    if (this.added > 0) this.add(this.hour, this.added);
    this.hour = NaN;
    this.added = 0;
  }

  add(hour: number, count: number | undefined): void {
    this.noted.set(hour, sum(this.noted.has(hour) ? this.noted.get(hour) : 0, count));
  }
}

/**
 * How many readings there are. One that is later than all of its series is one more; whether another takes the place of one
 * InfluxDB does not tell, so the hour it lies in must be counted again when somebody asks.
 */
export class ReadingCounts {
  readonly #domains = new Map<string, DomainCounts>();
  /** By number of the series. */
  readonly #ofSeries: DomainCounts[] = [];
  #changed = new Set<string>();

  constructor(counts: readonly HourCount[]) {
    for (const { domain, hour, count } of counts) this.set(domain, hour, count);
  }

  set(domain: string, hour: number, count: number | undefined): void {
    const { hours } = this.#of(domain);
    if (count === 0) hours.delete(hour);
    else hours.set(hour, count);
  }

  /** @param later whether it is later than all of its series before it */
  note(id: number, domainOf: (id: number) => string, micros: number, later: boolean): void {
    const of = (this.#ofSeries[id] ??= this.#of(domainOf(id)));
    const hour = Math.floor(micros / HOUR_MICROS) * HOUR_MICROS;
    if (hour !== of.hour) {
      of.settle();
      of.hour = hour;
    }
    if (later) of.added++;
    else of.add(hour, undefined);
  }

  /** InfluxDB has not taken all of what was noted. */
  doubt(): void {
    for (const of of this.#domains.values()) {
      of.settle();
      for (const hour of of.noted.keys()) of.noted.set(hour, undefined);
    }
  }

  /** The hours that a write changes, as they stand after it. */
  noted(): readonly HourCount[] {
    return [...this.#domains].flatMap(([domain, of]) => {
      of.settle();
      return [...of.noted].map(([hour, count]) => ({ domain, hour, count: sum(countIn(of.hours, hour), count) }));
    });
  }

  /** What was noted is stored. */
  commit(): void {
    for (const { domain, hour, count } of this.noted()) {
      this.set(domain, hour, count);
      if (hour < this.#of(domain).expiredTo) this.#of(domain).expiredTo = NaN;
      this.#changed.add(`${hour} ${domain}`);
      this.#of(domain).written.add(hour);
    }
    for (const { noted } of this.#domains.values()) noted.clear();
  }

  /** About how many readings a domain has between; an hour whose count is uncertain is taken for one like the others. */
  about(domain: string, from: number, to: number): number {
    let [known, sum] = [0, 0];
    let [within, uncertain] = [0, 0];
    for (const [hour, count] of this.#of(domain).hours) {
      if (count !== undefined) [known, sum] = [known + 1, sum + count];
      if (hour < from || hour >= to) continue;
      if (count === undefined) uncertain++;
      else within += count;
    }
    return within + uncertain * (known === 0 ? MANY : sum / known);
  }

  all(): readonly HourCount[] {
    return [...this.#domains].flatMap(([domain, { hours }]) =>
      [...hours].map(([hour, count]) => ({ domain, hour, count })),
    );
  }

  /** Whether a domain has readings before this moment (microseconds), or may have. */
  hasBefore(domain: string, before: number): boolean {
    const of = this.#of(domain);
    for (const hour of of.hours.keys())
      if (hour + HOUR_MICROS <= before || (hour < before && of.expiredTo !== before)) return true;
    return false;
  }

  /** The begin (microseconds) of the first hour in which a domain has readings, or may have. */
  firstHour(domain: string): number {
    return [...this.#of(domain).hours.keys()].reduce((a, b) => Math.min(a, b), Infinity);
  }

  /** From here on it is remembered which hours change, for `counted`. */
  beginCounting(): void {
    this.#changed = new Set();
  }

  /** What was counted holds, unless the hour has changed meanwhile. */
  counted(domain: string, hour: number, count: number): void {
    if (!this.#changed.has(`${hour} ${domain}`)) this.set(domain, hour, count);
  }

  /** From here on it is remembered which hours of the domain change, for `expire`. */
  beginExpiring(domain: string): void {
    this.#of(domain).written = new Set();
  }

  writtenWhileExpiring(domain: string): readonly HourCount[] {
    return [...this.#of(domain).written].map((hour) => ({ domain, hour, count: undefined }));
  }

  /** Readings before this moment (microseconds) are gone, but for what has been written since `beginExpiring`. */
  expire(domain: string, before: number): void {
    const of = this.#of(domain);
    const { hours } = of;
    of.expiredTo = before;
    for (const hour of [...hours.keys()]) {
      if (of.written.has(hour)) hours.set(hour, undefined);
      else if (hour + HOUR_MICROS <= before) hours.delete(hour);
      else if (hour < before) hours.set(hour, undefined);
    }
  }

  #of(domain: string): DomainCounts {
    const known = this.#domains.get(domain);
    if (known !== undefined) return known;
    const counts = new DomainCounts();
    this.#domains.set(domain, counts);
    return counts;
  }
}

function countIn(hours: ReadonlyMap<number, number | undefined>, hour: number): number | undefined {
  return hours.has(hour) ? hours.get(hour) : 0;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
