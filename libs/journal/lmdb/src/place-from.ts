import type { ProducerPlace } from './log-state.ts';

/**
 * The first of a producer's places at or above a sequence; none if the sequence is above them all.
 * @param places in the order of their sequences: what is appended next is nearly always above the last
 */
export function placeFrom(places: readonly ProducerPlace[] | undefined, seq: number): ProducerPlace | undefined {
  if (!places || !(places.at(-1)!.producerSeq >= seq)) return undefined;
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]!.producerSeq >= seq) high = middle;
    else low = middle + 1;
  }
  return places[low];
}
