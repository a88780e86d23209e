import { batchLength, type ReadingBatch, type Rejection } from '@seawall/model';
import type { DeviceChange, EntryDraft, Origin } from '@seawall/ports';
import { PartChanges } from './part-changes.ts';

/** What makes a second append of the same message store nothing. */
export interface PartKey {
  readonly id: string;
  readonly fingerprint: string;
}

/** Answers a sender; an error cuts it off unanswered, so that it sends the message again. */
export type Acknowledge = (error?: Error) => void;

/** What goes to the journal in one append: the messages of many senders, or the one message that has a key. */
export class Part {
  readonly #changes = new PartChanges();
  readonly rejections: Rejection[] = [];
  /** Parallel to `rejections`: who is told; null for a sender that is answered otherwise. */
  readonly senders: (string | null)[] = [];
  readonly acknowledgements: Acknowledge[] = [];
  batch: ReadingBatch | undefined;
  /** Of line protocol: the message's lines, and those of which nothing was taken. */
  lines: { readonly count: number; readonly dropped: number } | undefined;
  heldBytes = 0;
  /** Since when it holds memory, by the clock of the group commit. */
  waitsSince = 0;
  /** It had been stored before, under its key. */
  duplicate = false;
  readonly origin: Origin;
  readonly key: PartKey | undefined;

  constructor(origin: Origin = 'live', key?: PartKey) {
    this.origin = origin;
    this.key = key;
  }

  get changes(): readonly DeviceChange[] {
    return this.#changes.all;
  }

  /** What its changes hold until they are stored. */
  get changeBytes(): number {
    return this.#changes.bytes;
  }

  addChange(change: DeviceChange): void {
    this.#changes.add(change);
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

/** A key's id. JSON keeps the names apart, whatever they hold; the first one is the door's. */
export function keyId(door: 'mqtt' | 'http', sender: string, own: string | number): string {
  return JSON.stringify([door, sender, own]);
}

/** The key of the rejections of a message whose own key stands on its readings. No `keyId` begins like it. */
export function rejectionsKey(id: string): string {
  return `rejections:${id}`;
}
