import type { QueryChunk } from '@seawall/model';

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Between the engine and whoever reads the answer: small answers leave the engine at once, however slowly they are
 * read; of a large one a bounded part is held.
 */
export class AnswerBuffer {
  #chunks: QueryChunk[] = [];
  #bytes = 0;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void)[] = [];

  /** Resolves when there is room for more, or nobody wants it any more. */
  async push(chunk: QueryChunk): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#chunks.push(chunk);
    this.#bytes += bytesOf(chunk);
    this.#changed();
    while (this.#bytes > MAX_BYTES && this.#failure === undefined) await this.#change();
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  /** What was held is dropped, and the reader gets the reason. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#chunks = [];
    this.#changed();
  }

  async *chunks(): AsyncGenerator<QueryChunk> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= bytesOf(chunk);
        this.#changed();
        yield chunk;
      } else if (this.#ended) return;
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function bytesOf({ time, values }: QueryChunk): number {
  return time.byteLength * (1 + Object.keys(values).length);
}
