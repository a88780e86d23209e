import type { WindowSetState, WindowSetState2 } from './window-types.ts';

/** What format 2 saved of a set, as it is saved now. */
export function windowsOf2({ scopes: { numbers, text }, ...set }: WindowSetState2): WindowSetState {
  return { ...set, scopes: [{ numbers: numbers.subarray(1), text }] };
}
