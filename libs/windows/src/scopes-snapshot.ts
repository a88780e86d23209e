import { StreamWriter, type NumberStream } from './number-stream.ts';
import { writeScope, type ScopeOptions } from './scope-state.ts';
import type { Scope } from './scope.ts';

/** With so many numbers a piece is finished: between two breaths there are no more, but for those of one scope. */
export const PIECE_NUMBERS = 1 << 14;

/**
 * Writes a set's scopes as they are when it is made, while the set goes on: what is about to change is written before.
 * In pieces of whole scopes, so that no step towards it, nor what is done with a piece, takes long.
 */
export class ScopesSnapshot {
  readonly #scopes: readonly Scope[];
  readonly #options: ScopeOptions;
  readonly #pieces: NumberStream[] = [];
  #out = new StreamWriter();
  /** By the scope's number. */
  readonly #written: Uint8Array;

  /** @param scopes all of the set, by their numbers */
  constructor(scopes: readonly Scope[], options: ScopeOptions) {
    this.#scopes = scopes;
    // Watermarks go with the clock no more.
    this.#options = { ...options, times: { ...options.times } };
    this.#written = new Uint8Array(scopes.length);
  }

  /** The scope is about to change. Those that have come since are left out. */
  before(scope: Scope): void {
    if (this.#written[scope.number] !== 0) return;
    this.#written[scope.number] = 1;
    this.#out.number(scope.number);
    writeScope(scope, this.#options, this.#out);
    if (this.#out.length >= PIECE_NUMBERS) this.#finishPiece();
  }

  *finish(): Generator<void, readonly NumberStream[]> {
    for (const scope of this.#scopes) {
      const pieces = this.#pieces.length;
      this.before(scope);
      if (this.#pieces.length > pieces) yield;
    }
    if (this.#out.length > 0) this.#finishPiece();
    return this.#pieces;
  }

  finishAtOnce(): void {
    for (const scope of this.#scopes) this.before(scope);
  }

  #finishPiece(): void {
    this.#pieces.push(this.#out.take());
    this.#out = new StreamWriter(PIECE_NUMBERS);
  }
}
