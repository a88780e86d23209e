import type { SessionStoreStatus } from '@seawall/ports';
import type { GatewayLog } from './gateway-log.ts';

type Told = Pick<SessionStoreStatus, 'droppedQueued' | 'droppedRetained' | 'queuedBytes' | 'sessions'>;

/** Tells the log of messages that sessions and retained topics had no room for: one line for all since the last. */
export class DropReport {
  readonly #status: () => Told;
  readonly #log: GatewayLog;
  #told: Pick<SessionStoreStatus, 'droppedQueued' | 'droppedRetained'>;

  constructor(status: () => Told, log: GatewayLog) {
    this.#status = status;
    this.#log = log;
    this.#told = status();
  }

  tell(): void {
    const { droppedQueued, droppedRetained, queuedBytes, sessions } = this.#status();
    const queued = droppedQueued - this.#told.droppedQueued;
    const retained = droppedRetained - this.#told.droppedRetained;
    this.#told = { droppedQueued, droppedRetained };
    if (queued === 0 && retained === 0) return;
    this.#log.warn(
      'messages for MQTT sessions were dropped from full queues, or messages of new topics were not retained; ' +
        'end the sessions of clients that do not come back by connecting once under their ids with a clean session',
      { queued, retained, queuedBytes, sessions },
    );
  }
}
