import { createHash, timingSafeEqual } from 'node:crypto';

/** Who a request says it is, and by which scheme of RFC 9110's Authorization header. */
export interface Credentials {
  readonly scheme: 'bearer' | 'token' | 'basic';
  /** The Basic user name; empty for the other schemes. */
  readonly user: string;
  readonly secret: string;
}

/** @returns undefined if there is no header, or none that can be read */
export function readCredentials(authorization: string | undefined): Credentials | undefined {
  const match = /^(bearer|token|basic) +(\S+) *$/i.exec(authorization ?? '');
  if (match === null) return undefined;
  const scheme = match[1]!.toLowerCase() as Credentials['scheme'];
  if (scheme !== 'basic') return { scheme, user: '', secret: match[2]! };
  const text = Buffer.from(match[2]!, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { scheme, user: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** Compares with a token in a time that tells nothing of it: hashes have one length and no common prefix. */
export function tokenCheck(token: string): (secret: string) => boolean {
  const expected = sha256(token);
  return (secret) => timingSafeEqual(sha256(secret), expected);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
