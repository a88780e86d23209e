import type { ServerResponse } from 'node:http';

/** The requests that are not answered yet, so that a server that closes knows when nobody waits any more. */
export class UnderWay {
  #count = 0;
  #quiet: (() => void) | undefined;

  add(raw: ServerResponse): void {
    this.#count++;
    // Comes once, whether the answer was finished or the client went away.
    raw.once('close', () => {
      this.#count--;
      if (this.#count === 0) this.#quiet?.();
    });
  }

  /** Resolves when none is left, or after so long. */
  async quiet(timeoutMs: number): Promise<void> {
    if (this.#count === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#quiet = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
  }
}
