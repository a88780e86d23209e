import type { SessionStore } from '@seawall/ports';
import type { GatewayLog } from './gateway-log.ts';

/** Lets sessions expire, and tells the log of those that the store has ended: one line for all since the last. */
export class SessionSweep {
  readonly #sessions: Pick<SessionStore, 'expireSessions' | 'status'>;
  readonly #log: GatewayLog;
  #told = { expired: 0, displaced: 0 };

  constructor(sessions: Pick<SessionStore, 'expireSessions' | 'status'>, log: GatewayLog) {
    this.#sessions = sessions;
    this.#log = log;
  }

  async sweep(): Promise<void> {
    try {
      await this.#sessions.expireSessions();
    } catch (error) {
      this.#log.warn('MQTT sessions that have expired could not be removed; it is tried again', { err: error });
    }
    this.#tell();
  }

  #tell(): void {
    const { expiredSessions, displacedSessions, sessions } = this.#sessions.status();
    const expired = expiredSessions - this.#told.expired;
    const displaced = displacedSessions - this.#told.displaced;
    this.#told = { expired: expiredSessions, displaced: displacedSessions };
    if (expired > 0)
      this.#log.info('MQTT sessions ended whose clients were gone for longer than --session-expiry', {
        expired,
        sessions,
      });
    if (displaced === 0) return;
    this.#log.warn(
      'MQTT sessions ended because there were too many: those whose clients were gone for the longest. Look for clients ' +
        'that connect under a new id each time, and let them connect with a clean session',
      { displaced, sessions },
    );
  }
}
