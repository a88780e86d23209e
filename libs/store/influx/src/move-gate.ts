import { setTimeout } from 'node:timers/promises';
import { StoreUnavailableError } from '@seawall/ports';

/** Readings of domains between two moments (microseconds). */
export interface Stretch {
  readonly domains: ReadonlySet<string>;
  readonly from: number;
  readonly to: number;
}

/** A query that reads. */
interface Reader {
  readonly reads: Stretch;
  readonly breakOff: (reason: StoreUnavailableError) => void;
  readonly left: Promise<void>;
}

interface Move {
  readonly what: readonly Stretch[];
  readonly over: Promise<void>;
}

export interface MoveGateOptions {
  /** How long a move waits for queries that read what is to move; those that take longer are broken off. */
  readonly readersMs: number;
  /** How long a query waits for moves. */
  readonly movesMs: number;
}

/** What somebody is told who asks for readings that are on their way. */
export function movingError(): StoreUnavailableError {
  const sentence =
    'Readings that are asked for are just being moved to the labels that their devices have now, or removed since they have expired; ask again in a moment.';
  return new StoreUnavailableError(sentence, { retryAfterMs: 1_000 });
}

/**
 * Keeps queries apart from what moves or removes the readings they read. InfluxDB does that step by step, and in between a
 * reading would be there twice, or not at all. Within this process, which alone writes to its database.
 */
export class MoveGate {
  readonly #options: MoveGateOptions;
  readonly #readers = new Set<Reader>();
  readonly #moves = new Set<Move>();

  constructor(options: MoveGateOptions) {
    this.#options = options;
  }

  /**
   * Lets a query in once nothing moves of what it reads.
   * @param load what the query is resolved by, which may have changed each time it has waited
   * @param resolve says what it reads
   * @param breakOff called if it reads for too long while others wait; it must give nothing more then
   * @returns what it was resolved to, and how to leave
   * @throws StoreUnavailableError; the signal's reason
   */
  async enter<L, R extends { readonly reads: Stretch }>(
    load: () => Promise<L>,
    resolve: (loaded: L) => R,
    breakOff: Reader['breakOff'],
    signal: AbortSignal | undefined,
  ): Promise<R & { readonly leave: () => void }> {
    const deadline = performance.now() + this.#options.movesMs;
    for (;;) {
      // Nothing may come between what it is resolved by and its being known here.
      const resolved = resolve(await load());
      const move = [...this.#moves].find(({ what }) => what.some((stretch) => overlap(stretch, resolved.reads)));
      if (move === undefined) return { ...resolved, leave: this.#let(resolved.reads, breakOff) };
      if (!(await settlesWithin(move.over, deadline - performance.now(), signal))) throw movingError();
    }
  }

  #let(reads: Stretch, breakOff: Reader['breakOff']): () => void {
    let leave = () => {};
    const left = new Promise<void>((resolve) => (leave = resolve));
    const reader = { reads, breakOff, left };
    this.#readers.add(reader);
    return () => {
      this.#readers.delete(reader);
      leave();
    };
  }

  /** Moves readings while nobody reads them. */
  async during<T>(what: readonly Stretch[], work: () => Promise<T>): Promise<T> {
    if (what.length === 0) return work();
    let end = () => {};
    const move = { what, over: new Promise<void>((resolve) => (end = resolve)) };
    // From now on nobody begins to read them.
    this.#moves.add(move);
    try {
      await this.passed(what);
      return await work();
    } finally {
      this.#moves.delete(move);
      end();
    }
  }

  /** Waits for the queries that read any of it now. @throws the signal's reason */
  async passed(what: readonly Stretch[], signal?: AbortSignal): Promise<void> {
    const readers = [...this.#readers].filter(({ reads }) => what.some((stretch) => overlap(stretch, reads)));
    if (readers.length === 0) return;
    const all = Promise.all(readers.map(({ left }) => left));
    if (await settlesWithin(all, this.#options.readersMs, signal)) return;
    for (const reader of readers) if (this.#readers.has(reader)) reader.breakOff(movingError());
  }
}

function overlap(a: Stretch, b: Stretch): boolean {
  return a.from < b.to && b.from < a.to && [...a.domains].some((domain) => b.domains.has(domain));
}

/** @throws the signal's reason */
async function settlesWithin(promise: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<boolean> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  try {
    return await Promise.race([promise.then(() => true), setTimeout(Math.max(0, ms), false, { signal: either })]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
  }
}
