import type { RejectionReason } from '@seawall/model';

const EXAMPLES = 5;

/** Where a row stands. */
export interface RowPlace {
  readonly file: string;
  readonly line: number;
}

export interface RejectionExample {
  readonly file: string;
  /** Counted from 1, the header included; absent where the file is a topic, for what the hub answered there. */
  readonly line?: number;
  readonly detail: string;
}

/** What was rejected for one reason: cells, or rows whose time or shape could not be read. */
export interface RejectedCount {
  readonly reason: RejectionReason;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly RejectionExample[];
}

/** What a recording held, as it is read. */
export class Tally {
  files = 0;
  rows = 0;
  /** Numeric cells. */
  readings = 0;
  /** Of these, the ones whose series and time had just come before. */
  repeated = 0;
  /** Cells that say there is no reading. */
  missing = 0;
  /** Event times, epoch ms. */
  first = Infinity;
  last = -Infinity;
  readonly #rejected = new Map<RejectionReason, { count: number; examples: RejectionExample[] }>();
  readonly warnings: string[] = [];
  /** Rows whose local time comes twice, and may mean the other of the two. */
  #doubtful = 0;
  #firstDoubtful: RowPlace | undefined;

  doubt(place: RowPlace): void {
    this.#doubtful++;
    this.#firstDoubtful ??= place;
  }

  warnOfDoubt(timeZone: string): void {
    if (this.#firstDoubtful === undefined) return;
    const { file, line } = this.#firstDoubtful;
    this.warnings.push(
      this.#doubtful === 1
        ? `Of 1 row nobody can tell which of two times is meant, as its local time comes twice in ${timeZone}; it was taken for the earlier, where another reading may stand: ${file}, line ${line}.`
        : `Of ${this.#doubtful} rows nobody can tell which of two times is meant, as their local times come twice in ${timeZone}; they were taken for the earlier, where other readings may stand: the first is ${file}, line ${line}.`,
    );
  }

  reject(reason: RejectionReason, example: RejectionExample, count = 1): void {
    const known = this.#rejected.get(reason) ?? { count: 0, examples: [] };
    known.count += count;
    if (known.examples.length < EXAMPLES) known.examples.push(example);
    this.#rejected.set(reason, known);
  }

  /** More of one reason than there are examples for. */
  rejectMany(reason: RejectionReason, count: number): void {
    const known = this.#rejected.get(reason) ?? { count: 0, examples: [] };
    known.count += count;
    this.#rejected.set(reason, known);
  }

  get rejectedCount(): number {
    return [...this.#rejected.values()].reduce((sum, { count }) => sum + count, 0);
  }

  summary(): RecordingSummary {
    const { files, rows, readings, repeated, missing, warnings } = this;
    return {
      files,
      rows,
      readings,
      repeated,
      missing,
      rejected: [...this.#rejected].map(([reason, { count, examples }]) => ({ reason, count, examples })),
      firstEventTime: this.first === Infinity ? null : this.first,
      lastEventTime: this.last === -Infinity ? null : this.last,
      warnings,
    };
  }
}

export interface RecordingSummary {
  readonly files: number;
  readonly rows: number;
  /** Numeric cells read, each of them sent. */
  readonly readings: number;
  /** Of these, the ones whose series and time had come just before; the hub stores the last. */
  readonly repeated: number;
  /** Cells that said there is no reading; they are sent nowhere. */
  readonly missing: number;
  readonly rejected: readonly RejectedCount[];
  /** Epoch ms; null when the recording held no reading. */
  readonly firstEventTime: number | null;
  readonly lastEventTime: number | null;
  /** Sentences about what went otherwise than one may have meant. */
  readonly warnings: readonly string[];
}
