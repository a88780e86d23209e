import { nameFault } from '@seawall/model';

/** Names that labels of a device's own may not take: the hub means something else by them. */
const TAKEN: ReadonlySet<string> = new Set([
  'domain',
  'device',
  'metric',
  'name',
  'location',
  'district',
  'type',
  'site',
  'gateway',
]);

/** @returns why this can't be the name of a custom label, as the rest of a sentence */
export function labelNameFault(name: string): string | undefined {
  const fault = nameFault(name) ?? keyFault(name);
  if (fault !== undefined) return fault;
  return TAKEN.has(name) ? 'is a field of its own or belongs to the hub' : undefined;
}

/** A description is kept as a JSON object, where this one key would not be kept as a field. */
export function keyFault(name: string): string | undefined {
  return name === '__proto__' ? 'is kept by JavaScript for itself' : undefined;
}
