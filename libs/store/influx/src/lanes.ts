/** Bodies that are under way at once, each of other devices. */
export const LANES = 4;

/**
 * Sends what each lane is given in its order, one at a time, and the lanes side by side. After a failure no lane begins with
 * another; what is under way is waited for, so that nothing of it arrives after what is sent next.
 */
export class Lanes<T> {
  readonly #send: (item: T) => Promise<void>;
  /** By lane: the end of what it was given last. */
  readonly #ends: Promise<void>[] = [];
  #failure: { readonly reason: unknown } | undefined;

  /** @param send called for one item of each lane at a time */
  constructor(send: (item: T) => Promise<void>) {
    this.#send = send;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  push(lane: number, item: T): void {
    this.#ends[lane] = (this.#ends[lane] ?? Promise.resolve()).then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await this.#send(item);
      } catch (reason) {
        this.#failure ??= { reason };
      }
    });
  }

  /** Resolves when all of it is sent. @throws the first failure */
  async finished(): Promise<void> {
    await Promise.all(this.#ends);
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}

/** All at once: what stands first in each lane, and so on. @throws the first failure */
export async function inLanes<T>(given: readonly (readonly T[])[], send: (item: T) => Promise<void>): Promise<void> {
  const lanes = new Lanes(send);
  given.forEach((items, lane) => items.forEach((item) => lanes.push(lane, item)));
  await lanes.finished();
}
