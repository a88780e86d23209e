import { nameFault } from '@seawall/model';

const MAX_KNOWN = 20_000;
const known = new Set<string>();

/** `nameFault` with a memory: the same few names come with every message. Only good names are remembered. */
export function metricNameFault(name: string): string | undefined {
  if (known.has(name)) return undefined;
  const fault = nameFault(name);
  if (fault !== undefined) return fault;
  if (known.size >= MAX_KNOWN) known.clear();
  known.add(name);
  return undefined;
}
