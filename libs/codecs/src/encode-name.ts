/**
 * A foreign name as one of the hub's: control characters and a backslash at the end are percent-encoded, since names
 * may not hold them. What no encoding mends (an empty name, one that is too long or not NFC) stays and is refused.
 */
export function encodeName(name: string): string {
  return FORBIDDEN.test(name) ? name.replace(ALL_FORBIDDEN, percentEncoded) : name;
}

/** Likewise, for a domain or device, which is one level of a topic: also without `/ + #` and a leading `$`. */
export function encodeTopicName(name: string): string {
  return encodeName(name).replace(/[/+#]|^\$/g, percentEncoded);
}

const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f]|\\$/;
const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'g');

function percentEncoded(character: string): string {
  return encodeURIComponent(character).replace('+', '%2B');
}
