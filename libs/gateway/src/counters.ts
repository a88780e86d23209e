import { batchLength, outOfRangeCount, type RejectionReason } from '@seawall/model';
import type { Part } from './part.ts';

/** What the gateway has done since it started. */
export class Counters {
  messages = 0;
  acceptedReadings = 0;
  outOfRangeReadings = 0;
  answers = 0;
  refusedConnections = 0;
  slowSubscribersCut = 0;
  readonly rejected: Partial<Record<RejectionReason, number>> = {};

  /** Counts what a part brought, once: not again when it is sent again under its key. */
  countStored({ duplicate, batch, rejections }: Part): void {
    if (duplicate) return;
    if (batch !== undefined) {
      this.acceptedReadings += batchLength(batch);
      this.outOfRangeReadings += outOfRangeCount(batch);
    }
    for (const { reason, count = 1 } of rejections) this.rejected[reason] = (this.rejected[reason] ?? 0) + count;
  }
}
