import { ownCopy, percentEncode } from '@seawall/codecs';

/** What no domain and no device may hold; the percent sign too, so that no two foreign names become one. */
const FORBIDDEN = /[%/+#\u0000-\u001f\u007f-\u009f]|^\$|\\$|\p{Surrogate}/gu;

/**
 * A name from outside (a host, a measurement, a user name) as a domain's or a device's: in NFC, and what is forbidden
 * there percent-encoded. It may still be too long or empty. The result shares no memory with the message it came by.
 */
export function foreignName(name: string): string {
  return ownCopy(name.normalize('NFC').replace(FORBIDDEN, percentEncode));
}
