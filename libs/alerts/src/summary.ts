import type { ThresholdRule } from '@seawall/model';

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const DIGITS = 6;

/** A value for people: six significant digits at most. */
export function formatValue(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

/** The `{{…}}` of a summary that are none of those known. */
export function unknownPlaceholders(summary: string, known: readonly string[]): string[] {
  return [...summary.matchAll(PLACEHOLDER)].map((match) => match[1]!).filter((name) => !known.includes(name));
}

/** A rule's own sentence: `{{<name>}}` is one of the facts, `{{labels.<name>}}` one of the labels. */
export function fillIn(
  summary: string,
  facts: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): string {
  return summary.replace(PLACEHOLDER, (_, name: string) =>
    Object.hasOwn(facts, name) ? facts[name]! : (labels[name.slice('labels.'.length)] ?? ''),
  );
}

export interface Finding {
  readonly value: number;
  readonly unit: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly threshold: string;
  readonly subject: string | undefined;
}

/** The rule's own sentence with its placeholders filled in, or one made from what was found. */
export function summaryOf(rule: ThresholdRule, { value, unit, labels, threshold, subject }: Finding): string {
  const shown = formatValue(value);
  if (rule.summary !== undefined) return fillIn(rule.summary, { value: shown }, labels);
  const { aggregate, metric, window, domain } = rule.when;
  const measured = unit === null ? shown : `${shown} ${unit}`;
  return `${subject ?? domain}: ${aggregate} of ${metric} over ${window ?? 'a session'} is ${measured}, ${threshold}`;
}
