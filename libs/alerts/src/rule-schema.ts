import {
  isLongerThan,
  isWindowAggregate,
  nameFault,
  SEVERITIES,
  topicNameFault,
  WINDOW_AGGREGATES,
  type Rule,
  type WindowAggregate,
} from '@seawall/model';
import * as z from 'zod';
import { checkAbsenceCondition, checkRule, checkThresholdCondition } from './rule-checks.ts';
import { RuleError, type RuleIssue } from './rule-error.ts';

const MAX_TEXT = 4000;
const MAX_PATTERN = 256;
const MAX_ENTRIES = 100;

const topicName = z.string().superRefine((name, context) => report(topicNameFault(name), context));
const name = z.string().superRefine((text, context) => report(nameFault(text), context));
const pattern = z
  .string()
  .min(1)
  .refine((text) => !isLongerThan(text, MAX_PATTERN), { error: `Write at most ${MAX_PATTERN} characters.` });
const text = z.string().max(MAX_TEXT);
const texts = z.record(name, text).refine((map) => Object.keys(map).length <= MAX_ENTRIES, {
  error: `Give at most ${MAX_ENTRIES} entries.`,
});

const aggregate = z.string().transform((name, context): WindowAggregate => {
  if (isWindowAggregate(name)) return name;
  context.addIssue({ code: 'custom', message: `Write one of ${WINDOW_AGGREGATES.join(', ')}, or p1 to p99.` });
  return z.NEVER;
});

const conditionFields = {
  domain: topicName,
  where: z.record(name, z.array(pattern).min(1).max(10_000)).optional(),
  for: z.string().optional(),
  keepFiringFor: z.string().optional(),
};

const thresholdCondition = z
  .strictObject({
    ...conditionFields,
    metric: name,
    aggregate,
    window: z.string().optional(),
    every: z.string().optional(),
    session: z.string().optional(),
    above: z.number().optional(),
    below: z.number().optional(),
    outside: z.tuple([z.number(), z.number()]).optional(),
    clear: z.number().optional(),
    early: z.boolean().optional(),
  })
  .superRefine(checkThresholdCondition);

const absenceCondition = z
  .strictObject({
    ...conditionFields,
    metric: name.optional(),
    absent: z.strictObject({ missed: z.number(), after: z.string().optional() }),
    above: z.number().optional(),
  })
  .superRefine(checkAbsenceCondition);

const ruleFields = {
  id: topicName,
  severity: z.enum(SEVERITIES),
  summary: text.optional(),
  groupBy: z.array(name).max(16).optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
};

const thresholdRule = z.strictObject({ ...ruleFields, when: thresholdCondition }).superRefine(checkRule);
const absenceRule = z.strictObject({ ...ruleFields, when: absenceCondition }).superRefine(checkRule);

/**
 * A rule from a document of unknown origin (YAML or JSON, already parsed to plain values).
 * @throws RuleError with every issue found; unknown fields are refused by name
 */
export function parseRule(document: unknown): Rule {
  const kind = valueAt(document, ['when', 'absent']) === undefined ? thresholdRule : absenceRule;
  const parsed = kind.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new RuleError(parsed.error.issues.flatMap((issue) => issuesOf(issue, document)));
}

function report(fault: string | undefined, context: z.RefinementCtx): void {
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `The name ${fault}.` });
}

function issuesOf(issue: z.core.$ZodIssue, document: unknown): RuleIssue[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(issue.path), message: sentence(issue, document) }];
  return issue.keys.map((key) => ({
    path: pathOf([...issue.path, key]),
    message: 'There is no such field; remove it or correct its name.',
  }));
}

function sentence(issue: z.core.$ZodIssue, document: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return valueAt(document, issue.path) === undefined
        ? 'This field is needed.'
        : `Expected ${EXPECTED[issue.expected] ?? issue.expected}.`;
    case 'invalid_value':
      return `Write one of ${issue.values.map(String).join(', ')}.`;
    case 'too_small':
      return issue.origin === 'string' ? 'The text is empty.' : `Give at least ${issue.minimum}.`;
    case 'too_big':
      return issue.origin === 'string'
        ? `The text is longer than ${issue.maximum} characters.`
        : `Give at most ${issue.maximum}.`;
    case 'invalid_key':
      return issue.issues.map(({ message }) => message).join(' ');
    default:
      return issue.message;
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text; put quotes around it',
  number: 'a finite number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list of two numbers: [low, high]',
  object: 'an object with fields',
  record: 'an object with fields',
};

function pathOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = document;
  for (const key of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined;
  return at;
}
