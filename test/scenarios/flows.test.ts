import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createEngine, parseRule } from '@seawall/alerts';
import { windowsOf } from '@seawall/alerts/testing';
import type { AlertTransition, ThresholdRule } from '@seawall/model';
import type { JournalEntry } from '@seawall/ports';
import { parse } from 'yaml';
import { journalOf } from './flow-journal.ts';
import { FlowTimes, lines, type FlowFile } from './flow.ts';

const FOLDER = new URL('./flows/', import.meta.url);
/** Entries between two restarts: a prime, so that over the flows every kind of entry is the first after one. */
const RESTART_EVERY = 97;

describe('a flow', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))) {
    const flow = parse(readFileSync(new URL(file, FOLDER), 'utf8')) as FlowFile;
    it(`${file}: ${flow.about}`, () => {
      const expected = { transitions: lines(flow.transitions).map(inColumns), late: flow.late ?? 0 };
      const entries = journalOf(flow, 'one by one');
      if (flow.windows !== undefined) expect(windowsIn(flow, entries)).toEqual(lines(flow.windows).map(inColumns));
      expect(play(flow, entries)).toEqual(expected);
      expect(play(flow, entries, RESTART_EVERY)).toEqual(expected);
      // What a rule decides early depends on what has come by then.
      if (!isEarly(flow)) expect(play(flow, journalOf(flow, 'together'), RESTART_EVERY)).toEqual(expected);
    });
  }
});

/** However wide somebody made them. */
function inColumns(line: string): string {
  return line.replaceAll(/ {2,}/g, '  ');
}

function isEarly(flow: FlowFile): boolean {
  const { when } = parseRule(flow.rule);
  return 'early' in when && when.early === true;
}

function play(flow: FlowFile, entries: readonly JournalEntry[], restartEvery = Infinity) {
  let engine = createEngine();
  const transitions = entries.flatMap((entry, i) => {
    if (i % restartEvery === 0) engine = createEngine(Uint8Array.from(engine.save()));
    return engine.feed(entry).map(({ payload, origin }) => {
      const told = origin === 'live' ? '' : `, by ${origin}`;
      return `${shown(payload as AlertTransition, new FlowTimes(flow))}${told}`;
    });
  });
  const late = Object.values(engine.status().counts).reduce((sum, counts) => sum + counts.late, 0);
  return { transitions, late };
}

function windowsIn(flow: FlowFile, entries: readonly JournalEntry[]): string[] {
  const times = new FlowTimes(flow);
  return windowsOf(parseRule(flow.rule) as ThresholdRule, entries).map(({ stamp, result }) => {
    const { scope, start, end, value, count, final, revision } = result;
    const kind = final ? (revision > 1 ? `  revision ${revision}` : '') : '  early';
    const window = `${times.show(start)} to ${times.show(end)}`;
    return `${times.show(stamp)}  ${scope}  ${window}  ${Number(value.toPrecision(6))} of ${count}${kind}`;
  });
}

function shown({ from, to, alert, because, levels }: AlertTransition, times: FlowTimes): string {
  const subject = levels.subject ?? levels.district ?? levels.domain;
  const ends = alert.endsAt === null ? '' : ` to ${times.show(alert.endsAt)}`;
  const corrects = alert.corrects === null ? '' : ', corrects the one before';
  return `${times.show(alert.updatedAt)}  ${subject}  ${from} -> ${to}  from ${times.show(alert.startsAt)}${ends}: ${because}${corrects}`;
}
