import type { SessionPacket } from '@seawall/ports';
import { packetName } from './client-queue.ts';

/** What is known in memory of a message that is queued, for one client or for thousands; on disk it stands once. */
export interface QueuedMessage {
  /** Its place in the store's order, and its key. */
  readonly number: number;
  /** Of the packet. */
  readonly bytes: number;
  /** Broker id and counter. */
  readonly name: string | undefined;
  readonly qos: number;
  /** As format 2 had it: its packet stands behind its recipients. */
  readonly isWhole: boolean;
  /** The clients it is still owed to; a client whose subscriptions overlap counts twice. */
  left: number;
  /** The places among its recipients of which a delivery is noted on disk. */
  readonly noted: Set<number>;
  /** The packet while its write is under way. */
  pending: Buffer | undefined;
}

export function newMessage(number: number, packet: SessionPacket, bytes: number, pending?: Buffer): QueuedMessage {
  const [name, qos] = [packetName(packet), packet.qos ?? 0];
  return { number, bytes, name, qos, isWhole: false, left: 0, noted: new Set(), pending };
}
