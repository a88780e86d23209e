const COUNT_BYTES = 4;
const LENGTH_BYTES = 2;

/**
 * To whom a queued message goes, as it is stored: how many recipients (uint32), and each one's id after its length
 * (uint16). In format 2 the packet followed.
 */
export function encodeRecipients(recipients: readonly string[]): Buffer {
  const count = Buffer.alloc(COUNT_BYTES);
  count.writeUInt32BE(recipients.length);
  const parts = [count];
  for (const recipient of recipients) {
    const id = Buffer.from(recipient);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(id.length);
    parts.push(length, id);
  }
  return Buffer.concat(parts);
}

/** In the order in which they were written: by their places deliveries are noted. */
export function recipientsOf(stored: Buffer): string[] {
  const recipients: string[] = [];
  walk(stored, (start, end) => recipients.push(stored.toString('utf8', start, end)));
  return recipients;
}

export function recipientCountOf(stored: Buffer): number {
  return stored.readUInt32BE();
}

/** Of a message of format 2; of a later one empty. */
export function packetBytesOf(stored: Buffer): Buffer {
  return stored.subarray(walk(stored, () => undefined));
}

/** @returns where the packet begins */
function walk(stored: Buffer, visit: (start: number, end: number) => void): number {
  let at = COUNT_BYTES;
  for (let left = stored.readUInt32BE(); left > 0; left--) {
    const start = at + LENGTH_BYTES;
    at = start + stored.readUInt16BE(at);
    visit(start, at);
  }
  return at;
}
