import { formatRfc3339 } from '@seawall/calendar';
import type { LastRun } from '../last-run.ts';
import { spanText } from '../amounts.ts';
import { attention, ok, unknown, type Finding } from './finding.ts';

/** A hub that has run well for so long since has been looked at. */
const OLD_MS = 7 * 86_400_000;

/**
 * @param run how the run before the present one ended, or the last one of a hub that is stopped; undefined: not known
 * @param now epoch ms
 */
export function checkLastRun(run: LastRun | undefined, running: boolean, now: number): readonly Finding[] {
  if (run === undefined) return [unknown('last stop', 'How the hub stopped the last time is not known.')];
  if (run.kind === 'none') return [ok('last stop', 'This hub has never stopped before.')];
  const when = formatRfc3339(run.stamp);
  if (run.kind === 'clean') return [ok('last stop', `The hub stopped as told at ${when}.`)];
  const says = `The hub ended without being stopped; the journal's last entry before is of ${when}.`;
  if (running && now - run.stamp > OLD_MS)
    return [ok('last stop', `${says} That was ${spanText(now - run.stamp)} ago.`)];
  const todo = running
    ? "Nothing acknowledged is lost. Look what the system's log says of that time: a crash, the memory killer (dmesg), a power cut."
    : "Nothing acknowledged is lost; start the hub again. Look what the system's log says of that time: a crash, the memory killer (dmesg), a power cut.";
  return [attention('last stop', says, todo)];
}
