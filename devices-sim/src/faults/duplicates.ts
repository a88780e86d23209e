import type { Noise } from '../noise.ts';
import type { HeldFault } from './held-fault.ts';

/** How often the device sends the message of an appointment: once, or twice. @param eventTime epoch ms */
export function copies(held: readonly HeldFault[], own: Noise, eventTime: number): 1 | 2 {
  for (const fault of held) {
    if (fault.kind === 'duplicates' && own.uniform('duplicate', eventTime) < fault.part) return 2;
  }
  return 1;
}
