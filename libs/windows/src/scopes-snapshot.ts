import { StreamWriter, type NumberStream } from './number-stream.ts';
import { writeScope, type ScopeOptions } from './scope-state.ts';
import type { Scope } from './scope.ts';

/** Between two breaths. */
const SCOPES_AT_A_TIME = 1000;

/** Writes a set's scopes as they are when it is made, while the set goes on: what is about to change is written before. */
export class ScopesSnapshot {
  readonly #scopes: readonly Scope[];
  readonly #options: ScopeOptions;
  readonly #out: StreamWriter;
  /** By the scope's number. */
  readonly #written: Uint8Array;

  /** @param scopes all of the set, by their numbers @param length of what will be written, as far as that is known */
  constructor(scopes: readonly Scope[], options: ScopeOptions, length: number) {
    this.#scopes = scopes;
    // Watermarks go with the clock no more.
    this.#options = { ...options, times: { ...options.times } };
    this.#out = new StreamWriter(length);
    this.#written = new Uint8Array(scopes.length);
    this.#out.number(scopes.length);
  }

  /** The scope is about to change. Those that have come since are left out. */
  before(scope: Scope): void {
    if (this.#written[scope.number] !== 0) return;
    this.#written[scope.number] = 1;
    this.#out.number(scope.number);
    writeScope(scope, this.#options, this.#out);
  }

  *finish(): Generator<void, NumberStream> {
    for (const scope of this.#scopes) {
      this.before(scope);
      if (scope.number % SCOPES_AT_A_TIME === SCOPES_AT_A_TIME - 1) yield;
    }
    return this.#out.take();
  }

  finishAtOnce(): void {
    for (const scope of this.#scopes) this.before(scope);
  }
}
