import { createHash } from 'node:crypto';
import type { QueryPosition } from '@seawall/model';

const MAX_CURSOR_LENGTH = 20_000;

/** Where the next page begins, with the range as the first page resolved it: "now" must not move between pages. */
export interface PageCursor {
  readonly from: number;
  readonly to: number;
  readonly given: QueryPosition;
}

/** The digest that binds a cursor to a query: of anything that JSON can hold. */
export function fingerprintOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
}

export function encodeCursor(fingerprint: string, { from, to, given }: PageCursor): string {
  const content = [from, to, given.series, given.time];
  return Buffer.from(JSON.stringify([...content, fingerprintOf([fingerprint, content])])).toString('base64url');
}

/** @returns undefined if the text is no cursor of the query with this fingerprint */
export function decodeCursor(fingerprint: string, text: string): PageCursor | undefined {
  if (text.length > MAX_CURSOR_LENGTH) return undefined;
  const parts = parseParts(text);
  if (parts === undefined) return undefined;
  const [from, to, series, time, digest] = parts;
  // Only this module makes the digest, so a matching one also vouches for the types.
  if (digest !== fingerprintOf([fingerprint, [from, to, series, time]])) return undefined;
  return { from: from as number, to: to as number, given: { series: series as string, time: time as number } };
}

function parseParts(text: string): unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
