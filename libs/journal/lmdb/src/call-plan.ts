import type { Appended, JournalEntry } from '@seawall/ports';
import type { ProducerPlace } from './log-state.ts';
import type { KeyRow } from './rows.ts';

export interface EncodedEntry {
  readonly entry: JournalEntry;
  readonly bytes: Uint8Array;
}

/** What one call to `append` or `commit` adds; joins its group as a whole or not at all. */
export interface CallPlan {
  readonly results: Appended[];
  readonly entries: EncodedEntry[];
  readonly keys: Map<string, KeyRow>;
  /** By `producerName`, in the order of their sequences. */
  readonly producers: Map<string, ProducerPlace[]>;
}

export function emptyCall(): CallPlan {
  return { results: [], entries: [], keys: new Map(), producers: new Map() };
}

export function pushPlace(producers: Map<string, ProducerPlace[]>, name: string, place: ProducerPlace): void {
  const places = producers.get(name);
  if (places) places.push(place);
  else producers.set(name, [place]);
}
