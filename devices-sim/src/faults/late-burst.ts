import type { HeldFault } from './held-fault.ts';

/** Readings a device can keep while its link is lost; then the oldest go. */
const KEPT = 5_000;

export function isLinkLost(held: readonly HeldFault[]): boolean {
  return held.some(({ kind }) => kind === 'late-burst');
}

/**
 * The appointments that passed while the link was lost, if it came back since the one before this. Found by going
 * back, not by remembering, so that a run that goes on after a stop sends the same burst.
 * @param eventTime epoch ms of an appointment at which the link is there @returns epoch ms, oldest first
 */
export function missedAppointments(
  eventTime: number,
  intervalMs: number,
  heldAt: (eventTime: number) => readonly HeldFault[],
): number[] {
  const missed: number[] = [];
  for (let at = eventTime - intervalMs; missed.length < KEPT && isLinkLost(heldAt(at)); at -= intervalMs)
    missed.push(at);
  return missed.reverse();
}
