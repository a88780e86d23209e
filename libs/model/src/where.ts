import type { Where } from './query.ts';
import type { Labels, Series } from './series.ts';

/**
 * Whether a series with the labels of one span satisfies a `Where`.
 * `domain` and `device` are the series' own, whatever its labels are called.
 */
export type WhereMatcher = (series: Series, labels: Labels) => boolean;

/**
 * Compiles a `Where`: keys are AND, values OR, `*` globs, a leading `!` excludes. A key with exclusions only admits
 * everything else, a missing label included; a missing label satisfies no other pattern.
 */
export function compileWhere(where: Where): WhereMatcher {
  const conditions = Object.entries(where).map(([key, patterns]) => ({ key, admits: compilePatterns(patterns) }));
  return (series, labels) => conditions.every(({ key, admits }) => admits(labelOf(series, labels, key)));
}

/** The value of a label, or of `domain` and `device`; undefined where the series has no such label. */
export function labelOf(series: Series, labels: Labels, key: string): string | undefined {
  if (key === 'domain') return series.domain;
  if (key === 'device') return series.device;
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** One key of a `Where`: whether a value, or its absence, is admitted. */
export function compilePatterns(patterns: readonly string[]): (value: string | undefined) => boolean {
  const wanted = anyOf(patterns.filter((pattern) => !pattern.startsWith('!')));
  const excluded = anyOf(patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)));
  return (value) => {
    if (value === undefined) return wanted === undefined;
    return wanted?.(value) !== false && excluded?.(value) !== true;
  };
}

/** Names are looked up, and globs compared one by one. @returns undefined where there are none */
function anyOf(patterns: readonly string[]): ((value: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const names = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(compileGlob);
  return (value) => names.has(value) || globs.some((matches) => matches(value));
}

function compileGlob(pattern: string): (value: string) => boolean {
  const parts = pattern.split('*');
  return (value) => matchesParts(parts, value);
}

// Greedy from the left, so that no pattern can make it slow, as a regular expression of many stars would be.
function matchesParts(parts: readonly string[], value: string): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false;
  const end = value.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
