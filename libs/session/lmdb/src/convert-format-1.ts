import type { Database, RootDatabase } from 'lmdb';
import { encodeDelivery } from './delivery-record.ts';
import { deliveryKey, messageKey, packetKeyNumber } from './keys.ts';
import { encodeRecipients } from './message-record.ts';
import type { QueueTables } from './outgoing-queues.ts';
import { messageIdOf, ownedBytesOf, ownerOf } from './owned-packet.ts';
import { decodeFields } from './packet-codec.ts';

/**
 * Format 1 kept a copy of each queued packet for each client. Each becomes a message for one, in the transaction that
 * writes the new format's number: a crash leaves either the old format or the new one.
 */
export function convertFormat1(root: RootDatabase<Buffer, Buffer>, tables: QueueTables, done: () => void): void {
  const packets: Database<Buffer, Buffer> = root.openDB<Buffer, Buffer>({
    name: 'outgoing',
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const keys = [...packets.getKeys()];
  root.transactionSync(() => {
    for (const key of keys) {
      const stored = packets.get(key);
      if (stored !== undefined) convert(tables, packetKeyNumber(key), stored);
    }
    packets.clearSync();
    done();
  });
}

function convert({ messages, packets, deliveries }: QueueTables, number: number, stored: Buffer): void {
  const packet = ownedBytesOf(stored);
  packets.putSync(messageKey(number), packet);
  messages.putSync(messageKey(number), encodeRecipients([ownerOf(stored)]));
  const messageId = messageIdOf(stored);
  if (messageId === undefined) return;
  const stage = decodeFields(packet).cmd === 'pubrel' ? 'received' : 'sent';
  deliveries.putSync(deliveryKey(number, 0), encodeDelivery({ stage, messageId }));
}
