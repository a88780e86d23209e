import { durationMs, gridOf, parseDuration } from '@seawall/calendar';
import { isAbsenceRule, type AbsenceCondition, type Rule, type ThresholdCondition } from '@seawall/model';
import { MAX_SLICES_PER_WINDOW, slicesPerWindow } from '@seawall/windows';
import type { z } from 'zod';
import { unknownPlaceholders } from './summary.ts';

/** What the shape of a rule's fields can't say: how they go together. */
type Report = z.RefinementCtx;

/** A device that may miss more than this is not watched at all. */
const MAX_MISSED = 10_000;

export function checkRule(rule: Rule, report: Report): void {
  const groupBy = rule.groupBy ?? ['device'];
  if (new Set(groupBy).size < groupBy.length) issue(report, ['groupBy'], 'A label stands here twice; name each once.');
  for (const label of Object.keys(rule.labels ?? {})) {
    if (label !== 'domain' && !groupBy.includes(label)) continue;
    issue(report, ['labels', label], `"${label}" is a label of the group already; choose another name.`);
  }
  const labels = ['domain', ...groupBy, ...Object.keys(rule.labels ?? {})];
  const facts = isAbsenceRule(rule) ? ['value', 'total', 'devices'] : ['value'];
  const known = [...facts, ...labels.map((label) => `labels.${label}`)];
  for (const placeholder of unknownPlaceholders(rule.summary ?? '', known)) {
    issue(report, ['summary'], `Nothing is known as {{${placeholder}}} here; there are ${known.join(', ')}.`);
  }
}

export function checkThresholdCondition(when: ThresholdCondition, report: Report): void {
  checkWindows(when, report);
  checkThreshold(when, report);
  checkHolding(when, report);
}

export function checkAbsenceCondition(when: AbsenceCondition, report: Report): void {
  const { missed, after } = when.absent;
  if (!(missed >= 1 && missed <= MAX_MISSED)) {
    const message = `A device is silent after so many of its intervals: write a number from 1 to ${MAX_MISSED}, not ${missed}.`;
    issue(report, ['absent', 'missed'], message);
  }
  if (after !== undefined && !holdingMs(after)) issue(report, ['absent', 'after'], noFixedLength(after));
  if (when.above !== undefined && !(Number.isInteger(when.above) && when.above >= 0)) {
    issue(report, ['above'], `So many devices may be silent: write a whole number, not ${when.above}.`);
  }
  checkHolding(when, report);
}

function checkHolding(when: AbsenceCondition | ThresholdCondition, report: Report): void {
  for (const field of ['for', 'keepFiringFor'] as const) {
    const text = when[field];
    if (text !== undefined && holdingMs(text) === undefined) issue(report, [field], noFixedLength(text));
  }
}

function noFixedLength(text: string): string {
  return `"${text}" is no duration of a fixed length; write a whole number and one of ms s m h d w.`;
}

/** Of `for` and `keepFiringFor`, in ms: days are 24 hours, and "0s" is allowed. Undefined for anything else. */
export function holdingMs(text: string): number | undefined {
  if (/^0(ms|s|m|h|d|w)$/.test(text)) return 0;
  const duration = parseDuration(text);
  if (duration === undefined || duration.unit === 'M' || duration.unit === 'y') return undefined;
  return durationMs(text);
}

function checkWindows(when: ThresholdCondition, report: Report): void {
  const { window, every = window, session } = when;
  if (session !== undefined) return checkSession({ ...when, session }, report);
  if (window === undefined || every === undefined) {
    issue(report, ['window'], 'This field is needed, or session in its place.');
    return;
  }
  const faults = [gridFault(window), every === window ? undefined : gridFault(every)];
  if (faults[0] !== undefined) issue(report, ['window'], faults[0]);
  if (faults[1] !== undefined) issue(report, ['every'], faults[1]);
  if (faults.some((fault) => fault !== undefined)) return;
  const slices = slicesPerWindow(window, every);
  if (slices === undefined || slices < 1) {
    issue(
      report,
      ['every'],
      `The window of ${window} is not a whole number of ${every}; choose one that goes into it evenly.`,
    );
  } else if (slices > MAX_SLICES_PER_WINDOW) {
    issue(
      report,
      ['every'],
      `The window is ${slices} times as long; at most ${MAX_SLICES_PER_WINDOW} times is allowed.`,
    );
  }
}

function checkSession({ session, ...when }: ThresholdCondition & { session: string }, report: Report): void {
  if (!holdingMs(session)) issue(report, ['session'], noFixedLength(session));
  for (const field of ['window', 'every'] as const) {
    if (when[field] === undefined) continue;
    issue(
      report,
      [field],
      `A session has no ${field} beside it: it is as long as its readings go on. Remove one of them.`,
    );
  }
}

function gridFault(step: string): string | undefined {
  try {
    gridOf(step, 'UTC');
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function checkThreshold(when: ThresholdCondition, report: Report): void {
  const given = [when.above, when.below, when.outside].filter((threshold) => threshold !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none of them is there' : `${given.length} of them are there`;
    issue(report, [], `Give exactly one of above, below, outside; ${found}.`);
    return;
  }
  const fault = bandFault(when) ?? clearFault(when) ?? absenceFault(when);
  if (fault !== undefined) issue(report, fault.path, fault.message);
}

type Fault = { readonly path: string[]; readonly message: string } | undefined;

function bandFault({ outside }: ThresholdCondition): Fault {
  if (outside === undefined || outside[0] <= outside[1]) return undefined;
  return { path: ['outside'], message: `The low end ${outside[0]} is above the high end ${outside[1]}; swap them.` };
}

function clearFault({ above, below, outside, clear }: ThresholdCondition): Fault {
  if (clear === undefined) return undefined;
  if (above !== undefined && clear > above) {
    return { path: ['clear'], message: `An alert above ${above} clears below it; ${clear} is on the wrong side.` };
  }
  if (below !== undefined && clear < below) {
    return { path: ['clear'], message: `An alert below ${below} clears above it; ${clear} is on the wrong side.` };
  }
  if (outside !== undefined && (clear < 0 || outside[0] + clear >= outside[1] - clear)) {
    const message = `This is how far inside the band an alert clears; ${clear} leaves nothing of ${outside.join(' to ')}.`;
    return { path: ['clear'], message };
  }
  return undefined;
}

/** A rule that nothing can ever meet, most likely meant for a device that falls silent. */
function absenceFault({ aggregate, below }: ThresholdCondition): Fault {
  if (aggregate !== 'count' || below === undefined || below > 1) return undefined;
  const message = `A window without readings gives no result, so a count is never below ${below}; write a rule with absent for devices that fall silent.`;
  return { path: ['below'], message };
}

function issue(report: Report, path: string[], message: string): void {
  report.addIssue({ code: 'custom', path, message });
}
