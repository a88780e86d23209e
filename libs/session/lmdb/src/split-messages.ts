import type { RootDatabase } from 'lmdb';
import { packetBytesOf, recipientCountOf } from './message-record.ts';
import type { QueueTables } from './outgoing-queues.ts';

/** With fewer recipients a message may stay whole. */
const MANY = 20;
/** Rows that are in memory at a time, and in a transaction. */
const STEP = 20;

/**
 * Sets the packets of messages of format 2 apart from their recipients, where these are many: else each delivery to one of
 * them would read them all. Whole messages are read as well, so it may end anywhere.
 * @param hasRoom asked before every transaction; without, the rest stays whole
 */
export function splitMessages(
  root: RootDatabase<Buffer, Buffer>,
  { messages, packets }: Pick<QueueTables, 'messages' | 'packets'>,
  hasRoom: () => boolean,
): void {
  for (let from = Buffer.from([0]); hasRoom();) {
    const page = [...messages.getRange({ start: from, limit: STEP })];
    root.transactionSync(() => {
      for (const { key, value } of page) {
        const packet = packetBytesOf(value);
        if (packet.length === 0 || recipientCountOf(value) < MANY) continue;
        packets.putSync(key, packet);
        messages.putSync(key, value.subarray(0, value.length - packet.length));
      }
    });
    if (page.length < STEP) return;
    // The next key in the order of bytes.
    from = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
  }
}
