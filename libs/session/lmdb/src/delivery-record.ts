/** How far the delivery of a message to one of its recipients has come, where that has to outlive the process. */
export interface Delivery {
  /** It is sent under an identifier (of QoS 2), received and owed its PUBREL, or over. */
  readonly stage: 'sent' | 'received' | 'over';
  readonly messageId: number | undefined;
}

const STAGES = ['sent', 'received', 'over'] as const;

/** The stage (uint8) and the packet identifier (uint16, 0 for none). */
export function encodeDelivery({ stage, messageId }: Delivery): Buffer {
  const stored = Buffer.alloc(3);
  stored.writeUInt8(STAGES.indexOf(stage), 0);
  stored.writeUInt16BE((messageId ?? 0) % 65_536, 1);
  return stored;
}

export function decodeDelivery(stored: Buffer): Delivery {
  return { stage: STAGES[stored.readUInt8(0)]!, messageId: stored.readUInt16BE(1) || undefined };
}
