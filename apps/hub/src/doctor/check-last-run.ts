import { formatRfc3339 } from '@seawall/calendar';
import type { LastRun } from '../last-run.ts';
import { attention, ok, unknown, type Finding } from './finding.ts';

/** @param run how the run before the present one ended, or the last one of a hub that is stopped; undefined: not known */
export function checkLastRun(run: LastRun | undefined, running: boolean): readonly Finding[] {
  if (run === undefined) return [unknown('last stop', 'How the hub stopped the last time is not known.')];
  if (run.kind === 'none') return [ok('last stop', 'This hub has never stopped before.')];
  const when = formatRfc3339(run.stamp);
  if (run.kind === 'clean') return [ok('last stop', `The hub stopped as told at ${when}.`)];
  const says = `The hub ended without being stopped; the journal's last entry before is of ${when}.`;
  const todo = running
    ? 'Nothing acknowledged is lost. Look what the system\'s log says of that time: a crash, the memory killer (dmesg), a power cut.'
    : 'Nothing acknowledged is lost; start the hub again. Look what the system\'s log says of that time: a crash, the memory killer (dmesg), a power cut.';
  return [attention('last stop', says, todo)];
}
