import type { Database, RootDatabase } from 'lmdb';
import { CopiesInOrder, type JoinedCopies, type JoinedStretch } from './copies-in-order.ts';
import { encodeDelivery } from './delivery-record.ts';
import { deliveryKey, messageKey } from './keys.ts';
import { encodeRecipients } from './message-record.ts';
import type { QueueTables } from './outgoing-queues.ts';

/** What one transaction writes at most, but for a message that is larger itself. */
const STEP_BYTES = 4 * 1024 * 1024;
/** A row's key and what LMDB keeps of it, generously. */
const ROW_BYTES = 64;
/** For the tables' branches, pages that are copied before they change, and the list of those that are free. */
const MARGIN_BYTES = 8 * 1024 * 1024;

export interface Conversion {
  readonly root: RootDatabase<Buffer, Buffer>;
  readonly tables: QueueTables;
  /** The number of the last copy that an attempt before has taken over; 0 if there was none. */
  readonly after: number;
  /** Asked once, before anything is changed, with the bytes that may be needed. @throws where there are too few */
  readonly demand: (bytes: number) => void;
  /** Asked before every transaction. @throws where there is no room by now */
  readonly goOn: () => void;
  /** Notes within a transaction up to which copy all are taken over, or that none is left. */
  readonly note: (last: number | 'all') => void;
  readonly stepBytes?: number;
}

/**
 * Format 1 kept a copy of each queued packet for each client, in a table of its own. What was one message becomes one
 * again. It is written in transactions of some megabytes, each with how far it has come, and the copies go with the last
 * one: after a crash the next start goes on.
 */
export function convertFormat1({ root, tables, after, demand, goOn, note, stepBytes = STEP_BYTES }: Conversion): void {
  const copies = root.openDB<Buffer, Buffer>({ name: 'outgoing', encoding: 'binary', keyEncoding: 'binary' });
  const inOrder = new CopiesInOrder(copies);
  const { pageSize } = root.getStats() as { pageSize: number };
  demand(neededBytes(inOrder.after(after), pageSize));
  for (const step of steps(inOrder.after(after), stepBytes)) {
    goOn();
    root.transactionSync(() => {
      for (const { messages } of step) for (const message of messages) write(tables, message);
      note(step.at(-1)!.last);
    });
  }
  goOn();
  finish(root, copies, note);
}

function finish(root: RootDatabase<Buffer, Buffer>, copies: Database<Buffer, Buffer>, note: Conversion['note']): void {
  root.transactionSync(() => {
    copies.clearSync();
    note('all');
  });
}

function* steps(stretches: Iterable<JoinedStretch>, stepBytes: number): Iterable<readonly JoinedStretch[]> {
  let step: JoinedStretch[] = [];
  let bytes = 0;
  for (const stretch of stretches) {
    step.push(stretch);
    for (const { packet, owners } of stretch.messages) bytes += packet.length + owners.length * ROW_BYTES;
    if (bytes < stepBytes) continue;
    yield step;
    [step, bytes] = [[], 0];
  }
  if (step.length > 0) yield step;
}

function write({ messages, packets, deliveries }: QueueTables, message: JoinedCopies): void {
  const { number, packet, owners, isPubrel } = message;
  packets.putSync(messageKey(number), packet);
  messages.putSync(messageKey(number), recipientsRow(message));
  for (const [place, { messageId }] of owners.entries()) {
    if (messageId === undefined) continue;
    const stage = isPubrel ? 'received' : 'sent';
    deliveries.putSync(deliveryKey(number, place), encodeDelivery({ stage, messageId }));
  }
}

function recipientsRow({ owners }: JoinedCopies): Buffer {
  return encodeRecipients(owners.map(({ clientId }) => clientId));
}

/** Bytes by which the file may grow; what is free in it is not counted. */
function neededBytes(stretches: Iterable<JoinedStretch>, pageSize: number): number {
  const row = (bytes: number) => ROW_BYTES + (bytes > pageSize / 2 - ROW_BYTES ? bytes + pageSize : bytes);
  let bytes = 0;
  for (const { messages } of stretches) {
    for (const message of messages) {
      const noted = message.owners.filter(({ messageId }) => messageId !== undefined).length;
      bytes += row(message.packet.length) + row(recipientsRow(message).length) + noted * ROW_BYTES;
    }
  }
  return bytes + MARGIN_BYTES;
}
