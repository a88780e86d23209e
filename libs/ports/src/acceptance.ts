import type { Rejection } from '@seawall/model';
import type { Origin } from './journal-entry.ts';

/** Telemetry that came by another door than MQTT. */
export interface TelemetrySubmission {
  readonly body: Uint8Array;
  /** The body is line protocol, whose timestamps count this since 1970; otherwise it is JSON. */
  readonly linePrecision?: 'ns' | 'us' | 'ms' | 's';
  /** The route, for rejections: "POST /api/v1/telemetry". */
  readonly source: string;
  /** Used for elements of the body that name none. */
  readonly domain?: string;
  readonly device?: string;
  readonly origin: Origin;
  readonly idempotencyKey?: string;
  /** Who sent it, so that two senders may use the same key. */
  readonly sender: string;
}

export interface Receipt {
  readonly accepted: number;
  readonly rejected: number;
  /** Of the accepted, those outside their metric's min–max: stored and flagged. Absent: none. */
  readonly outOfRange?: number;
  /** At most the first 100; the journal has all, from the 1,001st on as one for each reason, with its `count`. */
  readonly errors: readonly Rejection[];
  /** Of line protocol: how many lines there were, and of how many nothing could be used. */
  readonly lines?: { readonly count: number; readonly dropped: number };
}

/** More is held than the disk can take in; try again in `retryAfterSeconds`. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The gateway's acceptance: authorise, decode, validate, label, append; then the sender may be answered. */
export interface Acceptance {
  /**
   * Resolves when the usable readings and the rejections are on disk.
   * @throws JournalUnavailableError, KeyReusedError, OverloadedError; then nothing was stored
   */
  submit(submission: TelemetrySubmission): Promise<Receipt>;

  /**
   * Keeps and counts a body that can't be submitted, since it can't be read. Resolves when that is on disk.
   * @throws JournalUnavailableError
   */
  reject(rejection: Omit<Rejection, 'receivedAt'>, origin: Origin): Promise<void>;
}
