import type { MqttLink } from './mqtt-link.ts';

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain?: boolean;
}

/**
 * Messages under way to the hub, over however many links, never more than `capacity`: who wants to publish waits for
 * room, so a hub that acknowledges slowly slows its devices down instead of filling their memory.
 */
export class Outbox {
  readonly #capacity: number;
  readonly #failed = new AbortController();
  #waiting: (() => void)[] = [];
  #sent = 0;
  #acknowledged = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get sent(): number {
    return this.#sent;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Aborted by `fail`, with its reason. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Resolves when the message has been handed to its link, once there is room. @throws what `fail` was given */
  async publish(link: MqttLink, message: OutgoingMessage): Promise<void> {
    await this.#until(() => this.#sent - this.#acknowledged < this.#capacity);
    this.#sent++;
    link.publish(message, () => {
      this.#acknowledged++;
      this.#wake();
    });
  }

  /** Resolves when everything handed over has been acknowledged. @throws what `fail` was given */
  async drained(): Promise<void> {
    await this.#until(() => this.#acknowledged === this.#sent);
  }

  /** Makes every present and later wait throw `reason`; the first reason stays. */
  fail(reason: unknown): void {
    this.#failed.abort(reason);
    this.#wake();
  }

  async #until(reached: () => boolean): Promise<void> {
    for (;;) {
      this.#failed.signal.throwIfAborted();
      if (reached()) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
