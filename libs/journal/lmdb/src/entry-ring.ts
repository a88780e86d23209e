import type { JournalEntry } from '@seawall/ports';
import type { EncodedEntry } from './call-plan.ts';

/** The newest entries as objects, so that readers that keep up decode nothing; bounded by their encoded bytes. */
export class EntryRing {
  readonly #maxBytes: number;
  #entries: (JournalEntry | undefined)[] = [];
  #sizes: number[] = [];
  /** Index of the oldest that is still held. */
  #head = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @param added the entries that follow the newest, in order */
  push(added: readonly EncodedEntry[]): void {
    for (const { entry, bytes } of added) {
      this.#entries.push(entry);
      this.#sizes.push(bytes.length);
      this.#bytes += bytes.length;
    }
    while (this.#bytes > this.#maxBytes && this.#head < this.#entries.length) {
      this.#bytes -= this.#sizes[this.#head]!;
      this.#entries[this.#head++] = undefined;
    }
    // Empty places are cut off only when they are the greater part, so that a push costs the same however much is held.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#sizes = this.#sizes.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Up to `limit` entries from a sequence number on; undefined if that one is not held. */
  from(seq: number, limit: number): readonly JournalEntry[] | undefined {
    const oldest = this.#entries[this.#head]?.seq;
    if (oldest === undefined || seq < oldest) return undefined;
    const start = this.#head + seq - oldest;
    const found = this.#entries.slice(start, start + limit) as JournalEntry[];
    return found.length > 0 ? found : undefined;
  }
}
