/**
 * Sends bodies in the order in which they are given, one at a time, while whoever gives them makes the next. After a failure
 * none is begun; what is under way is waited for, so that nothing of it arrives after what is sent next.
 *
 * One at a time, though they be of other devices: of the first two bodies for a new shard that InfluxDB 1.6 took side by side
 * under load, one was acknowledged and in no answer. Its memory for a shard is made by the first to write, while a
 * second one may still see none, and what is written there is dropped; so it is in 1.8 and 2 as well.
 */
export class BodyQueue<T> {
  readonly #send: (item: T) => Promise<void>;
  #end: Promise<void> = Promise.resolve();
  #failure: { readonly reason: unknown } | undefined;

  /** @param send called for one item at a time */
  constructor(send: (item: T) => Promise<void>) {
    this.#send = send;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  push(item: T): void {
    this.#end = this.#end.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await this.#send(item);
      } catch (reason) {
        this.#failure = { reason };
      }
    });
  }

  /** Resolves when all of it is sent. @throws the first failure */
  async finished(): Promise<void> {
    await this.#end;
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
