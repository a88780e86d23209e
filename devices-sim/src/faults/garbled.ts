import type { Noise } from '../noise.ts';
import type { HeldFault } from './held-fault.ts';

/** What instruments print where a number should stand, by metric. @param eventTime epoch ms */
export function garbled(held: readonly HeldFault[], own: Noise, eventTime: number): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const fault of held) {
    if (fault.kind === 'garbled' && own.uniform(`garbled ${fault.metric}`, eventTime) < fault.part) {
      texts[fault.metric] = fault.prints;
    }
  }
  return texts;
}
