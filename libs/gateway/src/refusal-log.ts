import type { GatewayLog } from './gateway-log.ts';

const LINE_EVERY_MS = 1_000;

/** Refused clients in the log, a line a second at most: who needs no token to be refused shall not fill a disk. */
export class RefusalLog {
  readonly #log: Pick<GatewayLog, 'warn'>;
  readonly #now: () => number;
  #nextAt = -Infinity;
  #untold = 0;

  /** @param now milliseconds of a clock that does not go back */
  constructor(log: Pick<GatewayLog, 'warn'>, now = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Tells of this one, and how many came unnamed since the one before; or counts it. */
  tell(clientId: string, returnCode: number): void {
    const now = this.#now();
    if (now < this.#nextAt) {
      this.#untold++;
      return;
    }
    this.#log.warn('a client was refused', {
      clientId,
      returnCode,
      ...(this.#untold === 0 ? {} : { othersBefore: this.#untold }),
    });
    this.#nextAt = now + LINE_EVERY_MS;
    this.#untold = 0;
  }
}
