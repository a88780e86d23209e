import { batchLength, type ReadingBatch, type Rejection } from '@seawall/model';
import type { DeviceChange, EntryDraft, Origin } from '@seawall/ports';

/** What makes a second append of the same message store nothing. */
export interface PartKey {
  readonly id: string;
  readonly fingerprint: string;
}

/** What goes to the journal in one append: the messages of many senders, or the one message that has a key. */
export class Part {
  readonly changes: DeviceChange[] = [];
  readonly rejections: Rejection[] = [];
  /** Parallel to `rejections`: who is told; null for a sender that is answered otherwise. */
  readonly senders: (string | null)[] = [];
  readonly acknowledgements: (() => void)[] = [];
  batch: ReadingBatch | undefined;
  heldBytes = 0;
  readonly origin: Origin;
  readonly key: PartKey | undefined;

  constructor(origin: Origin = 'live', key?: PartKey) {
    this.origin = origin;
    this.key = key;
  }

  /** Device changes go first, so that a reader knows a device before its readings. */
  drafts(): readonly EntryDraft[] {
    const { origin, key } = this;
    const drafts: EntryDraft[] = this.changes.map((payload) => ({ kind: 'device', origin, payload }));
    const readings = this.batch !== undefined && batchLength(this.batch) > 0;
    if (readings) drafts.push({ kind: 'readings', origin, ...(key && { key }), payload: this.batch! });
    if (this.rejections.length > 0) {
      const own = key && (readings ? { ...key, id: rejectionsKey(key.id) } : key);
      drafts.push({ kind: 'rejections', origin, ...(own && { key: own }), payload: this.rejections });
    }
    return drafts;
  }
}

/** The key of the rejections of a message whose own key stands on its readings. */
export function rejectionsKey(id: string): string {
  return `${id}/rejections`;
}
