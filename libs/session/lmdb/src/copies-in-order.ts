import type { Database } from 'lmdb';
import { PACKET_KEY_BYTES, packetKeyNumber } from './keys.ts';
import { messageIdOf, ownedBytesOf, ownerOf } from './owned-packet.ts';
import { packetName } from './client-queue.ts';
import { decodeFields } from './packet-codec.ts';

/** A copy of format 1 without its packet. */
export interface CopyOwner {
  readonly clientId: string;
  readonly messageId: number | undefined;
}

/** What was a copy for each of its owners. */
export interface JoinedCopies {
  /** Of the first of them: its place in the order of all queues. */
  readonly number: number;
  readonly packet: Buffer;
  readonly owners: CopyOwner[];
  readonly isPubrel: boolean;
}

/** Copies that stood next to each other. */
export interface JoinedStretch {
  readonly messages: readonly JoinedCopies[];
  /** The number of the last of the copies. */
  readonly last: number;
}

interface Run {
  readonly message: JoinedCopies;
  readonly pubrels: JoinedCopies[];
  readonly pubrelOwners: Set<string>;
  last: number;
}

/**
 * The queued packets of format 1 in the order in which they came. One publish numbered its copies in a row, and they are
 * the same to the byte, with the broker's name for the packet; so such rows are one message again. PUBRELs in between,
 * which have taken the place of copies, are passed over, unless a later copy is for the owner of one: nobody's order changes.
 * Of the packets one stretch at a time is in memory, and of each copy its key.
 */
export class CopiesInOrder {
  readonly #copies: Database<Buffer, Buffer>;
  readonly #keys: Buffer;
  /** Places of keys, in the order of their numbers. */
  readonly #order: Uint32Array;

  constructor(copies: Database<Buffer, Buffer>) {
    this.#copies = copies;
    const { entryCount } = copies.getStats() as { entryCount: number };
    this.#keys = Buffer.alloc(entryCount * PACKET_KEY_BYTES);
    let count = 0;
    for (const key of copies.getKeys()) key.copy(this.#keys, PACKET_KEY_BYTES * count++);
    this.#order = Uint32Array.from({ length: count }, (_, i) => i);
    this.#order.sort((a, b) => packetKeyNumber(this.#key(a)) - packetKeyNumber(this.#key(b)));
  }

  /** @param number of a copy; those after it are given */
  *after(number: number): Iterable<JoinedStretch> {
    let run: Run | undefined;
    for (const place of this.#order) {
      const key = this.#key(place);
      const next = packetKeyNumber(key);
      const stored = next > number ? this.#copies.get(key) : undefined;
      if (stored === undefined) continue;
      if (run !== undefined && joins(run, next, stored)) continue;
      if (run !== undefined) yield stretchOf(run);
      run = newRun(next, stored);
    }
    if (run !== undefined) yield stretchOf(run);
  }

  #key(place: number): Buffer {
    return this.#keys.subarray(place * PACKET_KEY_BYTES, (place + 1) * PACKET_KEY_BYTES);
  }
}

function newRun(number: number, stored: Buffer): Run {
  return { message: newMessage(number, stored), pubrels: [], pubrelOwners: new Set(), last: number };
}

function newMessage(number: number, stored: Buffer): JoinedCopies {
  const packet = ownedBytesOf(stored);
  return { number, packet, owners: [copyOwner(stored)], isPubrel: decodeFields(packet).cmd === 'pubrel' };
}

function copyOwner(stored: Buffer): CopyOwner {
  return { clientId: ownerOf(stored), messageId: messageIdOf(stored) };
}

/** @returns whether the copy belongs to the run, which then has it */
function joins(run: Run, number: number, stored: Buffer): boolean {
  const { message, pubrels, pubrelOwners } = run;
  if (message.isPubrel) return false;
  if (ownedBytesOf(stored).equals(message.packet)) {
    // Without a name, equal packets may be two messages that say the same.
    if (pubrelOwners.has(ownerOf(stored)) || packetName(decodeFields(message.packet)) === undefined) return false;
    message.owners.push(copyOwner(stored));
  } else {
    const other = newMessage(number, stored);
    if (!other.isPubrel) return false;
    pubrels.push(other);
    pubrelOwners.add(ownerOf(stored));
  }
  run.last = number;
  return true;
}

function stretchOf({ message, pubrels, last }: Run): JoinedStretch {
  return { messages: [message, ...pubrels], last };
}
