import { statfs } from 'node:fs/promises';
import { JournalUnavailableError, type EntryDraft, type EntryKind } from '@seawall/ports';

export interface RoomOptions {
  /** Free bytes of the disk below which nothing from outside is taken; 0 unless given. */
  readonly reserveBytes?: number;
  /** Encoded bytes of kept entries beyond which nothing from outside is taken; no limit unless given. */
  readonly limitBytes?: number;
  /** Free bytes of the disk, asked before every write; what the file system says unless given. */
  readonly freeBytes?: () => Promise<number>;
}

/** What comes from outside, and the ticks: time stands still for those who read the log while nothing else is in it. */
const FROM_OUTSIDE: ReadonlySet<EntryKind> = new Set(['readings', 'rejections', 'device', 'tick']);
const ASK_EVERY_MS = 200;
/** Once refused, so much more room must be there, or it would go to and fro. */
const EASE = 0.05;

/**
 * Whether the log may grow. It stops taking readings while there is still room on the disk: for the commits of those who
 * read it, for trimming, and for what the hub itself decides, which go on. So what was acknowledged is read to its end.
 */
export class Room {
  readonly #path: string;
  readonly #reserveBytes: number;
  readonly #limitBytes: number;
  readonly #freeBytes: () => Promise<number>;
  /** What there is too little of, or who is too far behind, for anything from outside to be taken. */
  refusedFor: 'disk' | 'readers' | undefined;
  /** The same as a sentence. */
  refusal: string | undefined;

  constructor(path: string, { reserveBytes = 0, limitBytes = Infinity, freeBytes }: RoomOptions) {
    this.#path = path;
    this.#reserveBytes = reserveBytes;
    this.#limitBytes = limitBytes;
    this.#freeBytes = freeBytes ?? askedNowAndThen(path);
  }

  /** @param keptBytes of the entries that trimming has left @throws the file system's error */
  async look(keptBytes: number): Promise<void> {
    const free = await this.#freeBytes();
    this.refusedFor = this.#refusalAt(free, keptBytes);
    this.refusal = this.#sentence(free, keptBytes);
  }

  /**
   * @param byReader whether one who reads the log says it: what it rejects of that must be told before it can go on
   * @throws JournalUnavailableError for what must wait until there is room
   */
  admit(drafts: readonly EntryDraft[], byReader = false): void {
    const waits = ({ kind }: EntryDraft) => FROM_OUTSIDE.has(kind) && !(byReader && kind === 'rejections');
    if (this.refusal === undefined || !drafts.some(waits)) return;
    throw new JournalUnavailableError(`${this.refusal} Nothing of this call was stored; try again later.`);
  }

  #refusalAt(free: number, kept: number): 'disk' | 'readers' | undefined {
    if (free < this.#reserveBytes * (this.refusedFor === 'disk' ? 1 + EASE : 1)) return 'disk';
    return kept > this.#limitBytes * (this.refusedFor === 'readers' ? 1 - EASE : 1) ? 'readers' : undefined;
  }

  #sentence(free: number, kept: number): string | undefined {
    switch (this.refusedFor) {
      case undefined:
        return undefined;
      case 'disk':
        return `The disk of ${this.#path} has ${megabytes(free)} free, and the last ${megabytes(this.#reserveBytes)} are kept for what was taken already, so nothing more is taken until there is room.`;
      case 'readers':
        return `The journal in ${this.#path} holds ${megabytes(kept)} of entries that are yet to be read, and takes no more than ${megabytes(this.#limitBytes)}, so nothing more is taken until those who are behind have read some.`;
    }
  }
}

function askedNowAndThen(path: string): () => Promise<number> {
  let askedAt = -Infinity;
  let free = Infinity;
  return async () => {
    if (performance.now() - askedAt < ASK_EVERY_MS) return free;
    free = await freeBytesAt(path);
    askedAt = performance.now();
    return free;
  };
}

/** Of the disk, what an ordinary user may still write. @throws the file system's error */
export async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** For sentences. */
export function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))} MB`;
}
