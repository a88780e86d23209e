import { HOUR_MICROS } from '@seawall/query';

/** What is made of the readings of an hour beside its own row; bits. */
export const HourParts = { none: 0, minutes: 1, sketches: 2 } as const;

/** From one begin of an hour to another: microseconds; with the parts that all rows between have. */
export type HourRun = readonly [from: number, to: number, parts: number];

/** Which parts the hours of a domain have. */
export class PartsOfHours {
  #runs: readonly HourRun[];

  constructor(runs: readonly HourRun[] = []) {
    this.#runs = runs;
  }

  get runs(): readonly HourRun[] {
    return this.#runs;
  }

  at(hour: number): number {
    return this.#runs.find(([from, to]) => from <= hour && hour < to)?.[2] ?? HourParts.none;
  }

  /** With these parts between, and no others. */
  with(from: number, to: number, parts: number): PartsOfHours {
    const cut = this.#runs.flatMap(([begin, end, of]): HourRun[] => [
      [begin, Math.min(end, from), of],
      [Math.max(begin, to), end, of],
    ]);
    const all = [...cut, [from, to, parts] as const].filter(([begin, end, of]) => begin < end && of !== HourParts.none);
    const joined: HourRun[] = [];
    for (const run of all.sort(([a], [b]) => a - b)) {
      const last = joined.at(-1);
      if (last !== undefined && last[1] === run[0] && last[2] === run[2])
        joined[joined.length - 1] = [last[0], run[1], run[2]];
      else joined.push(run);
    }
    return new PartsOfHours(joined);
  }

  /** With these parts between as well as those that are there. */
  adding(from: number, to: number, parts: number): PartsOfHours {
    const edges = this.#runs.flatMap(([begin, end]) => [begin, end]).filter((edge) => edge > from && edge < to);
    const all = [...new Set([from, ...edges, to])].sort((a, b) => a - b);
    return all.slice(1).reduce<PartsOfHours>((made, end, i) => made.with(all[i]!, end, this.at(all[i]!) | parts), this);
  }

  /** Begins of the hours between that have rows of minutes. */
  minutesWithin(from: number, to: number): ReadonlySet<number> {
    const hours = new Set<number>();
    for (const [begin, end, parts] of this.#runs) {
      if ((parts & HourParts.minutes) === 0) continue;
      const first = Math.max(begin, Math.floor(from / HOUR_MICROS) * HOUR_MICROS);
      for (let hour = first; hour < Math.min(end, to); hour += HOUR_MICROS) hours.add(hour);
    }
    return hours;
  }
}
