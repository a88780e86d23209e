/** Small, since each of ten thousand rules may have a set of its own. */
const FIRST_CAPACITY = 32;

/**
 * The numbers of all scopes of a set, in one array: those of one scope lie together, where the processor has them at once.
 * In objects each number that is not a small whole one would lie in a place of its own.
 */
export class ScopeNumbers {
  /** Replaced by a longer one when more is taken. */
  numbers = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  /** Takes room for more, which is 0 at first. @returns where it begins */
  take(width: number): number {
    const at = this.#length;
    this.#length += width;
    if (this.#length > this.numbers.length) {
      const grown = new Float64Array(Math.max(this.numbers.length * 2, this.#length));
      grown.set(this.numbers);
      this.numbers = grown;
    }
    return at;
  }
}
