/** That the log ended with an entry when it was so old. */
export interface AgeMark {
  readonly seq: number;
  /** For how long the log had been open, over all its runs, ms. */
  readonly age: number;
}

/** An entry may be taken for so much younger than it is. */
const MARK_EVERY_MS = 60_000;

/**
 * How old a log's entries are: for how long it has been open since they came. Stamps don't tell, since they follow a wall
 * clock that leaps ahead, and what is forgotten for it does not come back with the right time. An entry is as old as the
 * first mark at it or after it, so it is never taken for older than it is.
 */
export class AgeMarks {
  /** In the order of both seq and age. */
  #marks: AgeMark[];
  readonly #elapsed: () => number;
  readonly #openedAt: number;
  readonly #ageAtOpen: number;

  /** @param marks of the runs before @param elapsed ms of a clock that nobody sets */
  constructor(marks: Iterable<AgeMark>, elapsed: () => number) {
    this.#marks = [...marks];
    this.#elapsed = elapsed;
    this.#openedAt = elapsed();
    this.#ageAtOpen = this.#marks.at(-1)?.age ?? 0;
  }

  get all(): readonly AgeMark[] {
    return this.#marks;
  }

  /** The mark to add now that the log ends with this entry; undefined where it is not worth one. */
  due(lastSeq: number): AgeMark | undefined {
    const last = this.#marks.at(-1);
    const age = this.#age();
    if (last && (last.seq >= lastSeq || age - last.age < MARK_EVERY_MS)) return undefined;
    return { seq: lastSeq, age };
  }

  add(mark: AgeMark): void {
    this.#marks.push(mark);
  }

  /** The last entry that is certainly older than this; 0 if none is. */
  lastOlderThan(ms: number): number {
    if (ms < 0) return Infinity;
    const before = this.#age() - ms;
    let [from, to] = [0, this.#marks.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#marks[middle]!.age < before) from = middle + 1;
      else to = middle;
    }
    return this.#marks[from - 1]?.seq ?? 0;
  }

  /** The marks that say nothing of this entry and those after it; the last one tells the log's age, and always stays. */
  before(seq: number): readonly AgeMark[] {
    const needed = this.#marks.findIndex((mark) => mark.seq >= seq);
    return this.#marks.slice(0, needed);
  }

  /** @param marks the first ones */
  drop(marks: readonly AgeMark[]): void {
    const gone = new Set(marks);
    this.#marks = this.#marks.filter((mark) => !gone.has(mark));
  }

  #age(): number {
    return this.#ageAtOpen + Math.max(0, this.#elapsed() - this.#openedAt);
  }
}
