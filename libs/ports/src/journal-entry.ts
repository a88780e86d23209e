import type {
  AlertTransition,
  DeviceDescription,
  DeviceState,
  LabelSpan,
  MetricDefinition,
  ReadingBatch,
  Rejection,
  RuleVersion,
} from '@seawall/model';

/** Where an entry's content came from. Replay and import notify nobody unless asked. */
export type Origin = 'live' | 'replay' | 'import';

/** A device registered itself, was described, or changed its status. The payload carries the outcome, not the change. */
export interface DeviceChange {
  readonly device: string;
  /** The domain it published under just now, if it is a new one for the device. */
  readonly domain?: string;
  /** The whole description after the merge; absent when it did not change. */
  readonly description?: DeviceDescription;
  /** The labels' new history; absent when the labels did not change. */
  readonly labelSpans?: readonly LabelSpan[];
  /** Metrics whose hub-wide definition this change made. */
  readonly metrics?: readonly MetricDefinition[];
  readonly status?: DeviceState;
  /** Arrival time of the message, epoch ms. */
  readonly receivedAt: number;
}

/** Somebody acknowledged an alert. */
export interface AcknowledgementRequest {
  readonly alertId: string;
  readonly by: string;
  readonly comment: string;
}

/** What the engine decides by besides the data is in the log as well, so that reading it again decides the same. */
export interface HubStart {
  readonly version: string;
  /** IANA name, of calendar windows. */
  readonly timeZone: string;
  /** The bounded delay of watermarks. */
  readonly delayMs: number;
  /** How long a series may be silent before it is idle. */
  readonly idleAfterMs: number;
  /** How long after the watermark a reading still revises its windows; 0 in entries without it. */
  readonly allowedLatenessMs?: number;
  /** How often a tick comes while the hub runs: where some are missing, it stood still. Unknown in entries without it. */
  readonly tickMs?: number;
}

/** What an entry says, by kind. */
export interface JournalPayloads {
  readonly readings: ReadingBatch;
  readonly rejections: readonly Rejection[];
  readonly device: DeviceChange;
  readonly rule: RuleVersion;
  readonly acknowledgement: AcknowledgementRequest;
  readonly transition: AlertTransition;
  readonly 'hub-start': HubStart;
  readonly 'hub-stop': null;
  readonly tick: null;
}

export type EntryKind = keyof JournalPayloads;

export const ENTRY_VERSION = 1;

interface EntryBase {
  readonly origin: Origin;
  /** Whose sequence makes the append idempotent; absent for producers that do not repeat themselves. */
  readonly producer?: { readonly id: string; readonly seq: number };
  /**
   * An idempotency key that stays known for a day at least, in which the log is open. A second append under the same
   * key and fingerprint stores nothing and answers the first one's place; under another fingerprint it is refused.
   */
  readonly key?: { readonly id: string; readonly fingerprint: string };
}

/** What a caller asks to append. */
export type EntryDraft = {
  readonly [K in EntryKind]: EntryBase & { readonly kind: K; readonly payload: JournalPayloads[K] };
}[EntryKind];

/** What is in the log. Entries are immutable and may be shared between readers. */
export type JournalEntry = {
  readonly [K in EntryKind]: EntryBase & {
    readonly version: number;
    readonly kind: K;
    readonly payload: JournalPayloads[K];
    /** Epoch ms, never decreasing along the log: the only clock of everything that reads it. */
    readonly stamp: number;
    readonly partition: number;
    /** Without gaps within a partition, from 1. */
    readonly seq: number;
  };
}[EntryKind];

export type EntryOf<K extends EntryKind> = Extract<JournalEntry, { kind: K }>;
