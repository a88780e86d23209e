import type { ThresholdRule } from '@seawall/model';

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const DIGITS = 6;

/** A value for people: six significant digits at most. */
export function formatValue(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

/** The `{{…}}` of a summary that are neither `value` nor `labels.<one of the labels>`. */
export function unknownPlaceholders(summary: string, labels: readonly string[]): string[] {
  const known = new Set(['value', ...labels.map((label) => `labels.${label}`)]);
  return [...summary.matchAll(PLACEHOLDER)].map((match) => match[1]!).filter((name) => !known.has(name));
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
  if (rule.summary !== undefined) {
    return rule.summary.replace(PLACEHOLDER, (_, name: string) =>
      name === 'value' ? shown : (labels[name.slice('labels.'.length)] ?? ''),
    );
  }
  const { aggregate, metric, window, domain } = rule.when;
  const measured = unit === null ? shown : `${shown} ${unit}`;
  return `${subject ?? domain}: ${aggregate} of ${metric} over ${window ?? 'a session'} is ${measured}, ${threshold}`;
}
