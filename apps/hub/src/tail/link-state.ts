import { spanText } from '../amounts.ts';
import type { StreamState } from './follow-stream.ts';

/** Several streams are one hub: its loss is told once, and its return. */
export class LinkState {
  readonly #say: (sentence: string) => void;
  readonly #now: () => number;
  readonly #lost = new Set<string>();
  #since = 0;

  constructor(say: (sentence: string) => void, now: () => number) {
    this.#say = say;
    this.#now = now;
  }

  of(stream: string): StreamState {
    return { opened: () => this.#opened(stream), lost: (why) => this.#losing(stream, why) };
  }

  #losing(stream: string, why: string): void {
    if (this.#lost.size === 0) {
      this.#since = this.#now();
      this.#say(`lost the hub (${why.replace(/\.$/, '')}); trying again, and going on where it was`);
    }
    this.#lost.add(stream);
  }

  #opened(stream: string): void {
    if (!this.#lost.delete(stream) || this.#lost.size > 0) return;
    this.#say(`the hub is back after ${spanText(this.#now() - this.#since)}`);
  }
}
