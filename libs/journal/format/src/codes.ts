import type { EntryKind, Origin } from '@seawall/ports';

/** The place in the list is the code on disk: the lists only grow, at their ends. */
const KINDS: readonly EntryKind[] = [
  'readings',
  'rejections',
  'device',
  'rule',
  'acknowledgement',
  'transition',
  'hub-start',
  'hub-stop',
  'tick',
];

const ORIGINS: readonly Origin[] = ['live', 'replay', 'import'];

export function kindCode(kind: EntryKind): number {
  return codeOf(KINDS, kind, 'kind');
}

export function originCode(origin: Origin): number {
  return codeOf(ORIGINS, origin, 'origin');
}

/** @returns undefined for a code that was never given out */
export function kindOf(code: number): EntryKind | undefined {
  return KINDS[code];
}

/** @returns undefined for a code that was never given out */
export function originOf(code: number): Origin | undefined {
  return ORIGINS[code];
}

function codeOf(list: readonly string[], word: string, what: string): number {
  const code = list.indexOf(word);
  if (code < 0) throw new RangeError(`"${word}" is no ${what} of a journal entry.`);
  return code;
}
