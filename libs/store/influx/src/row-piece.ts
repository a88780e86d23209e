/** A piece of work on rows gave way to a write that wants them; nothing is wrong, and it is done another time. */
export class GaveWay extends Error {
  override readonly name = 'GaveWay';
}

/** A piece of background work that writes rows. Who moves rows makes it stop first, and waits for no more than one body. */
export class RowPiece {
  #stopped = false;
  #sending: Promise<unknown> = Promise.resolve();

  get stopped(): boolean {
    return this.#stopped;
  }

  /** @throws GaveWay */
  async send(body: () => Promise<void>): Promise<void> {
    this.check();
    const sent = body();
    this.#sending = sent.catch(() => undefined); // The piece has the failure.
    await sent;
  }

  /** @throws GaveWay */
  check(): void {
    if (this.#stopped) throw new GaveWay('A write wants the same rows.');
  }

  /** Resolves when it writes no more. */
  async giveWay(): Promise<void> {
    this.#stopped = true;
    await this.#sending;
  }
}
