import { isLongerThan } from './characters.ts';

const MAX_LENGTH = 128;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Domains that belong to the hub; no device may publish under them. */
export const RESERVED_DOMAINS: ReadonlySet<string> = new Set(['alerts', 'hub', 'clients']);

/**
 * The grammar of a metric's or label's name.
 * @returns why the name can't be used, as the rest of a sentence ("is empty"), or undefined if it can
 */
export function nameFault(name: string): string | undefined {
  if (name.length === 0) return 'is empty';
  if (isLongerThan(name, MAX_LENGTH)) return `is longer than ${MAX_LENGTH} characters`;
  if (CONTROL.test(name)) return 'contains a control character';
  if (LONE_SURROGATE.test(name)) return 'contains half of a surrogate pair';
  if (name.endsWith('\\')) return 'ends in a backslash';
  if (name.normalize('NFC') !== name) return 'is not in Unicode normalisation form C (NFC)';
  return undefined;
}

/** The grammar of a tenant, a domain and a device: a name that is also one level of an MQTT topic. */
export function topicNameFault(name: string): string | undefined {
  const fault = nameFault(name);
  if (fault !== undefined) return fault;
  if (/[/+#]/.test(name)) return 'contains one of / + #';
  if (name.startsWith('$')) return 'starts with $';
  return undefined;
}
