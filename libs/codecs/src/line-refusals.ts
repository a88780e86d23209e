import type { Refusal } from './fault.ts';
import type { LineHead } from './line-head.ts';
import type { Point } from './same-series.ts';

/** What is wrong with a line, in sentences for whoever sent it. */

export function malformed(detail: string): Refusal {
  return { reason: 'malformed-line', detail };
}

export const NO_FIELDS = malformed('The line has no fields.');
export const NOT_UTF8 = malformed('The line is not UTF-8.');
export const NO_KEY = malformed('A field has no key.');
export const NO_KEY_AND_VALUE = malformed('Fields are written key=value, with commas and no spaces between them.');
export const OPEN_TEXT = malformed('A text is not closed by a double quote.');
export const MORE_THAN_TEXT = malformed('Something follows the double quote that closes a text; within it write \\".');
export const NO_LINE: Refusal = {
  reason: 'nothing-usable',
  detail: 'The message holds no line of measurement, fields and time.',
};

export function tooLong(maxLineLength: number): Refusal {
  const detail = `The line is longer than ${maxLineLength} characters; send its fields in several lines.`;
  return { reason: 'too-large', detail };
}

export function tooManyReadings(maxReadings: number): Refusal {
  const detail = `The message holds more than ${maxReadings} readings; this line and all after it were left out.`;
  return { reason: 'too-many-readings', detail };
}

/** @param metrics that came with another set of tags already */
export function ambiguousTags(metrics: readonly string[], { head }: Point, other: Point): Refusal {
  const names = metrics.slice(0, 8).map((metric) => `"${metric}"`);
  const detail =
    `${names.join(', ')} of this device and time came with line ${other.line} or one like it already, and only ` +
    `${difference(head, other.head)} tells them apart, which is no part of a series: one would overwrite the other. ` +
    'Make it part of the tag "device", as Telegraf\'s template processor can.';
  return { reason: 'ambiguous-tags', detail };
}

/** What tells two heads apart, as a person names it: `the tag "cpu"`. */
function difference(a: LineHead, b: LineHead): string {
  const [ofA, ofB] = [new Map(a.tags), new Map(b.tags)];
  const keys = [...new Set([...ofA.keys(), ...ofB.keys()])].filter((key) => ofA.get(key) !== ofB.get(key));
  if (keys.length === 0) return 'the measurement';
  return `the tag${keys.length === 1 ? '' : 's'} ${keys.map((key) => `"${key}"`).join(', ')}`;
}
