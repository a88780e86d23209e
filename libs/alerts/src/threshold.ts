import type { ThresholdCondition } from '@seawall/model';

/** A rule's threshold as a judge of values. */
export interface Threshold {
  /** For people: "above 150". */
  readonly text: string;
  /** What clears, for people: "below 115", or null where clearing is just no longer breaching. */
  readonly clearText: string | null;
  breaches(value: number): boolean;
  clears(value: number): boolean;
}

/**
 * `above: 150` is met by more than 150, `clear: 115` by less than 115; without `clear` an alert clears with the first
 * value that no longer breaches. `outside: [10, 20]` is met by less than 10 or more than 20, and `clear: 2` then by what
 * lies between 12 and 18.
 */
export function thresholdOf({ above, below, outside, clear }: ThresholdCondition): Threshold {
  if (above !== undefined) {
    return judge(
      `above ${above}`,
      clear,
      (c) => `below ${c}`,
      (v) => v > above,
      (v, c) => v < c,
    );
  }
  if (below !== undefined) {
    return judge(
      `below ${below}`,
      clear,
      (c) => `above ${c}`,
      (v) => v < below,
      (v, c) => v > c,
    );
  }
  const [low, high] = outside!;
  return judge(
    `outside ${low} to ${high}`,
    clear,
    (c) => `between ${low + c} and ${high - c}`,
    (v) => v < low || v > high,
    (v, c) => v > low + c && v < high - c,
  );
}

function judge(
  text: string,
  clear: number | undefined,
  clearText: (clear: number) => string,
  breaches: (value: number) => boolean,
  clears: (value: number, clear: number) => boolean,
): Threshold {
  if (clear === undefined) return { text, clearText: null, breaches, clears: (value) => !breaches(value) };
  return { text, clearText: clearText(clear), breaches, clears: (value) => clears(value, clear) };
}
