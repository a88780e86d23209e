import type { Cursor, Journal } from '@seawall/ports';

/** The place of a reader of the log, kept there: the newest it was told, one commit at a time, for which nobody waits. */
export class KeptPlace {
  readonly #journal: Journal;
  readonly #consumer: string;
  readonly #failed: () => void;
  #next: Cursor | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #running = false;

  /** @param failed told when a commit has failed, with which `settled` rejects; nothing is kept after it */
  constructor(journal: Journal, consumer: string, failed: () => void) {
    this.#journal = journal;
    this.#consumer = consumer;
    this.#failed = failed;
  }

  keep(cursor: Cursor): void {
    this.#next = cursor;
    if (this.#running) return;
    this.#running = true;
    this.#keeping = this.#run();
    this.#keeping.catch(this.#failed);
  }

  /** Resolves when the newest place is kept. @throws JournalUnavailableError */
  async settled(): Promise<void> {
    await this.#keeping;
  }

  async #run(): Promise<void> {
    while (this.#next !== undefined) {
      const cursor = this.#next;
      this.#next = undefined;
      await this.#journal.commit(this.#consumer, cursor);
    }
    this.#running = false;
  }
}
