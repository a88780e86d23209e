import type { HeldFault } from './held-fault.ts';

/** What the device's clock shows: faults of its clock add up. @param eventTime epoch ms @returns epoch ms */
export function clockOf(held: readonly HeldFault[], eventTime: number): number {
  return held.reduce((time, fault) => (fault.kind === 'clock-skew' ? time + fault.by : time), eventTime);
}
