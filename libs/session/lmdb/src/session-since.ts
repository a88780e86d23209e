const OWNER_AT = 6;

/** Since when a client is gone (uint48, ms of the store's age), then its id. */
export function encodeSince(age: number, clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const stored = Buffer.alloc(OWNER_AT + id.length);
  stored.writeUIntBE(age, 0, OWNER_AT);
  id.copy(stored, OWNER_AT);
  return stored;
}

export function decodeSince(stored: Buffer): number {
  return stored.readUIntBE(0, OWNER_AT);
}

export function ownerOfSince(stored: Buffer): string {
  return stored.toString('utf8', OWNER_AT);
}
