import type { Database, RootDatabase } from 'lmdb';
import { messageIdOf, ownedBytesOf, ownedPacket, ownerOf } from './owned-packet.ts';
import { decodeFields, encodePacket, queueable } from './packet-codec.ts';

/** Rows that are in memory at a time, and in a transaction. */
const STEP = 100;

/**
 * Of QoS 2 packets that wait for their PUBREL older formats kept what they say, which nobody asks for any more: who has
 * sent which is enough. Row by row, so it may end anywhere and begin anew.
 */
export function forgetContents(root: RootDatabase<Buffer, Buffer>, incoming: Database<Buffer, Buffer>): void {
  for (let from = Buffer.from([0]); ;) {
    const page = [...incoming.getRange({ start: from, limit: STEP })];
    const changed = page.filter(({ value }) => withoutContent(value).length < value.length);
    root.transactionSync(() => {
      for (const { key, value } of changed) incoming.putSync(key, withoutContent(value));
    });
    if (page.length < STEP) return;
    // The next key in the order of bytes.
    from = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
  }
}

function withoutContent(stored: Buffer): Buffer {
  const { cmd, qos } = decodeFields(ownedBytesOf(stored));
  const packet = queueable({ ...(cmd !== undefined && { cmd }), ...(qos !== undefined && { qos }) });
  return ownedPacket(ownerOf(stored), messageIdOf(stored), encodePacket(packet));
}
