/**
 * Names as InfluxDB has them. Nearly all are themselves; those that it keeps for itself, or that line protocol can't say,
 * are written as `~` and the name with its troubling characters percent-encoded. No two names become one.
 */

/** InfluxDB's own columns; as a tag or a field it refuses or misreads them. The last is no key to the client, which loses it. */
const COLUMNS = ['time', '_time', '_start', '_stop', '_field', '_value', '_measurement', '__proto__'];
const FIELDS: ReadonlySet<string> = new Set(COLUMNS);
/** `device` is the tag that tells who sent. */
const TAGS: ReadonlySet<string> = new Set([...COLUMNS, 'device']);
const NONE: ReadonlySet<string> = new Set();

/** The tag that holds the device. */
export const DEVICE_TAG = 'device';
/** Beside a metric's own field: the flags of its readings, where they have some. */
export const FLAGS_SUFFIX = ':flags';

/** A domain. */
export function measurementName(domain: string): string {
  return encode(domain, NONE);
}

/** A metric. */
export function fieldName(metric: string): string {
  return encode(metric, FIELDS);
}

export function flagsField(metric: string): string {
  return fieldName(metric) + FLAGS_SUFFIX;
}

/** A label's name. */
export function tagName(label: string): string {
  return encode(label, TAGS);
}

/** A device, or a label's value. */
export function tagValue(value: string): string {
  return encode(value, NONE);
}

/** The name that was encoded; what others wrote is taken as it is. */
export function decodeName(text: string): string {
  if (!text.startsWith('~')) return text;
  return text.slice(1).replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** Whether a name is stored as something else, so that a pattern can't be matched against what is stored. */
export function isEncoded(value: string): boolean {
  return tagValue(value) !== value;
}

/** A backslash would escape what follows it; the flags' suffix would make a metric another one's flags. */
const TROUBLING = /[%\\\u0000-\u001f\u007f]|:(?=flags$)/g;
const TROUBLED = /^$|^~|[\\\u0000-\u001f\u007f]|:flags$/;

function encode(name: string, taken: ReadonlySet<string>): string {
  if (!TROUBLED.test(name) && !taken.has(name)) return name;
  return `~${name.replace(TROUBLING, percent)}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
