import type { EngineStatus } from '@seawall/alerts';

const LOOKS_EVERY_MS = 60_000;

/** Finds out, once a minute, for which rules readings have come too late since the last time. */
export class LateReadings {
  #known: Readonly<Record<string, number>>;
  #lookedAt = -Infinity;

  /** @param status what has been counted already is nothing new */
  constructor(status: EngineStatus) {
    this.#known = lateByRule(status);
  }

  /** @param stamp of the journal, epoch ms @returns how many by rule; undefined if there are none, or it is too soon */
  since(stamp: number, status: () => EngineStatus): Readonly<Record<string, number>> | undefined {
    if (stamp - this.#lookedAt < LOOKS_EVERY_MS) return undefined;
    this.#lookedAt = stamp;
    const known = this.#known;
    this.#known = lateByRule(status());
    const more = Object.entries(this.#known).map(([rule, late]) => [rule, newly(late, known[rule])] as const);
    const found = more.filter(([, late]) => late > 0);
    return found.length === 0 ? undefined : Object.fromEntries(found);
  }
}

/** A rule that has been replaced counts from 0. */
function newly(late: number, known = 0): number {
  return late >= known ? late - known : late;
}

function lateByRule({ counts }: EngineStatus): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([rule, { late }]) => [rule, late]));
}
