/** Why input could not be used. The list is documented for integrators in docs/rejections.md and only grows. */
export const REJECTION_REASONS = [
  'bad-topic',
  'reserved-topic',
  'not-built',
  'too-large',
  'bad-encoding',
  'too-many-readings',
  'too-many-series',
  'too-deep',
  'malformed-json',
  'malformed-line',
  'wrong-shape',
  'nothing-usable',
  'bad-name',
  'bad-time',
  'epoch-seconds',
  'too-far-ahead',
  'not-a-number',
  'undeclared-text',
  'ambiguous-tags',
  'incommensurable-unit',
  'bad-description',
  'flapping-label',
  'bad-status',
  'refused-by-store',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** Input that could not be used: kept in the journal, counted by reason, and its sender told. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** A sentence for the person who sent it: what was wrong and what to do. */
  readonly detail: string;
  /** The MQTT topic, or the HTTP route, it came by. */
  readonly topic: string;
  /** Whose it is, as far as the payload itself says, or else the topic or the request. */
  readonly device?: string;
  readonly domain?: string;
  /** RFC 6901 pointer into the payload; empty for the whole of it. */
  readonly pointer: string;
  /** Arrival time, epoch ms. */
  readonly receivedAt: number;
  /** The beginning of what could not be used, at most `SAMPLE_LENGTH` characters; of JSON as it was read, not as it was sent. */
  readonly sample: string;
  /** How many rejections it stands for, where one message brought too many to tell each; one unless given. */
  readonly count?: number;
}

/** How many rejections these stand for. */
export function rejectionCount(rejections: readonly Pick<Rejection, 'count'>[]): number {
  return rejections.reduce((sum, { count = 1 }) => sum + count, 0);
}

export const SAMPLE_LENGTH = 256;
