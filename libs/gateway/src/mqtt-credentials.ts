import { isLongerThan } from '@seawall/model';
import { createHash, timingSafeEqual } from 'node:crypto';

/** CONNACK return codes of 3.2.2.3. */
export const RETURN_CODE = { identifierRejected: 2, badUserNameOrPassword: 4, notAuthorized: 5 } as const;

const MAX_CLIENT_ID = 256;

export interface Connecting {
  readonly clientId: string;
  readonly clean: boolean;
}

/** @returns the return code that refuses a CONNECT for its client id, or undefined */
export function clientIdFault({ clientId, clean }: Connecting): number | undefined {
  // [MQTT-3.1.3-8]: without an id there is no session to keep.
  const bad = clientId === '' ? !clean : isLongerThan(clientId, MAX_CLIENT_ID) || clientId.includes('\u0000');
  return bad ? RETURN_CODE.identifierRejected : undefined;
}

/** @returns the return code that refuses a password, or undefined if it is the token or none is asked for */
export function passwordFault(token: string | undefined, password: Uint8Array | undefined): number | undefined {
  if (token === undefined) return undefined;
  if (password === undefined || password.length === 0) return RETURN_CODE.notAuthorized;
  // Digests are of one length, so the comparison tells nothing of the token's.
  return timingSafeEqual(digest(password), digest(token)) ? undefined : RETURN_CODE.badUserNameOrPassword;
}

function digest(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}
