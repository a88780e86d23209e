/** A copy that shares no memory: a piece of a string holds on to the whole of it, and what is kept for long must not. */
export function ownCopy(piece: string): string {
  return Buffer.from(piece).toString();
}
