import type { HeldFault } from './held-fault.ts';

/** @returns whether the device says nothing, now or later */
export function isDropped(held: readonly HeldFault[]): boolean {
  return held.some(({ kind }) => kind === 'dropout');
}
