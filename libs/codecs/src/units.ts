import ucum from '@lhncbc/ucum-lhc';
import { unitSuggestion } from './unit-suggestion.ts';

/** A value in the one unit is `value × factor + offset` in the other. */
export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

export const SAME_UNIT: Conversion = Object.freeze({ factor: 1, offset: 0 });

const MAX_UNIT_LENGTH = 64;
const MAX_KNOWN = 2000;
const faults = new Map<string, string | undefined>();
const conversions = new Map<string, Conversion | undefined>();

/**
 * @returns why a text is no UCUM unit and what to write instead, as the rest of a sentence, or undefined if it is one
 */
export function unitFault(unit: string): string | undefined {
  if (unit.length > MAX_UNIT_LENGTH) return `is longer than ${MAX_UNIT_LENGTH} characters`;
  return remembered(faults, unit, () => {
    if (isUnit(unit)) return undefined;
    const meant = unitSuggestion(unit, isUnit) ?? codeTakenFor(unit);
    return `is not a UCUM unit${meant === undefined ? ', like "Cel", "ug/m3" or "km/h"' : `; write "${meant}"`}`;
  });
}

function isUnit(text: string): boolean {
  // Beside the validation: names like "constructor" pass that, but then convert into nothing.
  const known = () =>
    ucumUtils().validateUnitString(text).status === 'valid' && Number.isFinite(convert(text, 1, text));
  return quietly(known) ?? false;
}

/** What the library itself takes a text for: "[lb_av]" for "lb_av". */
function codeTakenFor(text: string): string | undefined {
  const code = quietly(() => ucumUtils().validateUnitString(text).ucumCode) ?? undefined;
  return code !== undefined && code !== text && isUnit(code) ? code : undefined;
}

/**
 * How values of one UCUM unit become values of another.
 * @returns undefined if they measure different things, or if one is on a logarithmic scale
 */
export function conversionBetween(from: string, to: string): Conversion | undefined {
  if (from === to) return SAME_UNIT;
  return remembered(conversions, `${from}\u0000${to}`, () => affine((value) => convert(from, value, to)));
}

function convert(from: string, value: number, to: string): number {
  const result = quietly(() => ucumUtils().convertUnitTo(from, value, to));
  return result?.status === 'succeeded' && result.toVal !== null ? result.toVal : NaN;
}

function ucumUtils() {
  return ucum.UcumLhcUtils.getInstance();
}

/**
 * The library writes to standard output, which belongs to the hub's answers, and trips over some texts.
 * @returns undefined if it did
 */
function quietly<T>(work: () => T): T | undefined {
  const { log } = console;
  console.log = () => undefined;
  try {
    return work();
  } catch {
    // Text from a device that the library can't parse is no unit.
    return undefined;
  } finally {
    console.log = log;
  }
}

function affine(at: (value: number) => number): Conversion | undefined {
  const offset = at(0);
  const factor = (at(1000) - offset) / 1000;
  if (!Number.isFinite(offset) || !Number.isFinite(factor) || factor === 0) return undefined;
  const expected = factor * 100 + offset;
  if (Math.abs(at(100) - expected) > 1e-9 * Math.max(1e-300, Math.abs(expected))) return undefined;
  return { factor: shortest(factor), offset: shortest(offset) };
}

/** Takes off the noise that a chain of conversions leaves: 1.7999999999999972 is 1.8. */
function shortest(value: number): number {
  const rounded = Number(value.toPrecision(12));
  return Math.abs(rounded - value) <= 1e-13 * Math.abs(value) ? rounded : value;
}

function remembered<T>(known: Map<string, T>, key: string, find: () => T): T {
  if (known.has(key)) return known.get(key) as T;
  if (known.size >= MAX_KNOWN) known.clear();
  const found = find();
  known.set(key, found);
  return found;
}
