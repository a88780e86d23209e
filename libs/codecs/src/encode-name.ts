import { percentEncode } from './percent-encode.ts';

const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * A foreign name as a metric's: in NFC, control characters percent-encoded. What that does
 * not mend (an empty name, one that is too long) is left to be refused.
 */
export function encodeName(name: string): string {
  return name.normalize('NFC').replace(FORBIDDEN, percentEncode);
}
