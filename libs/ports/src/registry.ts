import type {
  Alert,
  AlertTransition,
  Area,
  Device,
  MetricDefinition,
  Rejection,
  RejectionReason,
  RuleVersion,
} from '@seawall/model';
import type { Copyable } from './backup.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Cursor } from './journal.ts';
import type { Page, PageRequest } from './series-store.ts';

export interface AlertFilter {
  readonly states?: readonly Alert['state'][];
  readonly severities?: readonly string[];
  readonly rule?: string;
  readonly domain?: string;
  readonly device?: string;
}

export interface DeviceFilter {
  /** Under which it has published. */
  readonly domain?: string;
  /** Part of the id or the name, whatever the case. */
  readonly search?: string;
  /** Where its place lies; devices without one lie nowhere. */
  readonly area?: Area;
}

export interface AlertHistory {
  readonly alert: Alert;
  /** Every transition, oldest first. */
  readonly transitions: readonly AlertTransition[];
}

export interface KeptRejection extends Rejection {
  /** Journal sequence and place within the entry; grows with time. */
  readonly id: string;
}

/**
 * Devices, metrics, rules, alerts and rejections as they stand after a place in the log; a reader of the log like any
 * other, so it can be thrown away and built again.
 */
export interface Registry extends Copyable {
  /** Every entry before it has been applied. */
  cursor(): Cursor;

  /**
   * Applies entries in order, with the cursor, in one transaction. Kinds it keeps nothing of are passed over.
   * Entries at or before its cursor are passed over as well, so applying twice is harmless. The cursor of a call that
   * brings nothing to keep may follow later; without any entries it is kept at once.
   */
  apply(entries: readonly JournalEntry[], cursor: Cursor): Promise<void>;

  /** Ordered by id. */
  devices(filter: DeviceFilter, page: PageRequest): Promise<Page<Device>>;
  /** The ids of all devices whose place lies in the area, as they are described now. */
  devicesWithin(area: Area): Promise<ReadonlySet<string>>;
  device(id: string): Promise<Device | undefined>;
  /** Every device, for those who keep a directory in memory. */
  allDevices(): AsyncIterable<Device>;

  metrics(): Promise<readonly MetricDefinition[]>;

  /** Ordered by id; deleted ones are left out. */
  rules(page: PageRequest): Promise<Page<RuleVersion>>;
  /** The newest version; its `rule` is null if it was deleted. */
  rule(id: string): Promise<RuleVersion | undefined>;
  allRules(): Promise<readonly RuleVersion[]>;

  /**
   * Newest change first. What changes while somebody pages, and so has moved to the head, comes (again) at the end: over all
   * pages no alert is missing that was in the list all the time.
   */
  alerts(filter: AlertFilter, page: PageRequest): Promise<Page<Alert>>;
  alert(id: string): Promise<AlertHistory | undefined>;
  /** How many alerts fire now, by severity; severities without one are left out. */
  activeAlerts(): Promise<Readonly<Partial<Record<Alert['severity'], number>>>>;

  /** Newest first. Only the newest are kept (a bound of the adapter); all are counted. */
  rejections(
    filter: { readonly device?: string; readonly domain?: string; readonly reason?: RejectionReason },
    page: PageRequest,
  ): Promise<Page<KeptRejection>>;
  rejectionCounts(): Promise<Readonly<Partial<Record<RejectionReason, number>>>>;

  close(): Promise<void>;
}
