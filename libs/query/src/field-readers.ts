import { briefJson, nameFault } from '@seawall/model';
import type { Issues } from './query-error.ts';

const LONGEST_SHOWN = 60;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as people would see it in their document, cut to a bearable length. */
export function shown(value: unknown): string {
  const text = briefJson(value, LONGEST_SHOWN);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}…` : text;
}

export interface ListBounds {
  readonly min: number;
  readonly max: number;
  /** What one element is, for the sentences: "metric". */
  readonly what: string;
}

/** A list of distinct strings, each accepted by `fault` (which answers a sentence, or undefined). */
export function readStrings(
  issues: Issues,
  field: string,
  value: unknown,
  { min, max, what }: ListBounds,
  fault: (text: string) => string | undefined,
): string[] | undefined {
  if (!Array.isArray(value))
    return issues.add(field, `Write a list of strings, such as ["${what}"], not ${shown(value)}.`);
  if (value.length < min) return issues.add(field, `The list is empty; name at least ${min} ${what}.`);
  if (value.length > max) return issues.add(field, `The list has ${value.length} elements; ${max} are allowed.`);
  const items = value as unknown[];
  const sound = items.map((item, i) => readString(issues, `${field}[${i}]`, item, items.indexOf(item) < i, fault));
  return sound.every((item) => item !== undefined) ? sound : undefined;
}

function readString(
  issues: Issues,
  field: string,
  item: unknown,
  repeated: boolean,
  fault: (text: string) => string | undefined,
): string | undefined {
  if (typeof item !== 'string') return issues.add(field, `${shown(item)} is not a string.`);
  if (repeated) return issues.add(field, `${shown(item)} is already in the list.`);
  const message = fault(item);
  return message === undefined ? item : issues.add(field, message);
}

export function nameSentence(name: string): string | undefined {
  const fault = nameFault(name);
  return fault === undefined ? undefined : `The name ${shown(name)} ${fault}.`;
}

export function readWholeNumber(
  issues: Issues,
  field: string,
  value: unknown,
  [min, max]: readonly [number, number],
): number | undefined {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  return issues.add(field, `Write a whole number from ${min} to ${max}, not ${shown(value)}.`);
}
