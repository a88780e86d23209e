import type { Database, RootDatabase } from 'lmdb';
import { messageIdOf, ownedBytesOf, ownedPacket, ownerOf } from './owned-packet.ts';
import { decodeFields, encodePacket, queueable } from './packet-codec.ts';

/** Rows of a transaction. */
const STEP = 500;

/**
 * Of QoS 2 packets that wait for their PUBREL older formats kept what they say, which nobody asks for any more: who has
 * sent which is enough. Row by row, so it may end anywhere and begin anew.
 * @param goOn asked before every transaction; throws where there is no room
 */
export function forgetContents(
  root: RootDatabase<Buffer, Buffer>,
  incoming: Database<Buffer, Buffer>,
  goOn: () => void,
) {
  for (let start: Buffer | undefined, page; (page = pageFrom(incoming, start)).length > 0;) {
    start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
    const changed = page.filter(({ value }) => withoutContent(value).length < value.length);
    if (changed.length === 0) continue;
    goOn();
    root.transactionSync(() => {
      for (const { key, value } of changed) incoming.putSync(key, withoutContent(value));
    });
  }
}

function pageFrom(incoming: Database<Buffer, Buffer>, start: Buffer | undefined) {
  return [...incoming.getRange({ ...(start && { start }), limit: STEP })];
}

function withoutContent(stored: Buffer): Buffer {
  const { cmd, qos } = decodeFields(ownedBytesOf(stored));
  const packet = queueable({ ...(cmd !== undefined && { cmd }), ...(qos !== undefined && { qos }) });
  return ownedPacket(ownerOf(stored), messageIdOf(stored), encodePacket(packet));
}
