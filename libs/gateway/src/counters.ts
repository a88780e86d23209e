import type { RejectionReason } from '@seawall/model';

/** What the gateway has done since it started. */
export class Counters {
  messages = 0;
  acceptedReadings = 0;
  answers = 0;
  refusedConnections = 0;
  slowSubscribersCut = 0;
  readonly rejected: Partial<Record<RejectionReason, number>> = {};

  reject(reason: RejectionReason): void {
    this.rejected[reason] = (this.rejected[reason] ?? 0) + 1;
  }
}
