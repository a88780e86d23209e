import type { Finding } from './finding.ts';
import type { Paint } from '../paint.ts';
import { printable } from '../tail/printable.ts';

/** Findings repeat what a program on the hub's port said of itself, which need not be a hub. */
const LONGEST_SENTENCE = 2000;
const MARKS = { ok: 'ok', unknown: '--', attention: '!!' } as const;

/** Lines for a person, what needs attention with what to do below it, and a last line that sums it up. */
export function reportText(findings: readonly Finding[], paint: Paint): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, says, todo }) => {
    const line = `${mark(state, paint)}  ${check.padEnd(width)}  ${printable(says, LONGEST_SENTENCE)}`;
    const indent = ' '.repeat(width + 6);
    return todo === undefined || state === 'ok'
      ? [line]
      : [line, `${indent}${paint.bold('Do:')} ${printable(todo, LONGEST_SENTENCE)}`];
  });
  return `${lines.join('\n')}\n\n${summary(findings)}\n`;
}

function mark(state: Finding['state'], paint: Paint): string {
  if (state === 'ok') return paint.green(MARKS.ok);
  return state === 'attention' ? paint.red(MARKS.attention) : paint.dim(MARKS.unknown);
}

function summary(findings: readonly Finding[]): string {
  const count = findings.filter(({ state }) => state === 'attention').length;
  if (count === 0) return 'All well.';
  return count === 1 ? 'One finding needs attention.' : `${count} findings need attention.`;
}

export function needsAttention(findings: readonly Finding[]): boolean {
  return findings.some(({ state }) => state === 'attention');
}
