import type { SimulatedMetric } from '../device-kind.ts';
import type { HeldFaultOf } from './held-fault.ts';

const HOUR_MS = 3_600_000;

/** The value moves away from the truth by `perHour`, up to the end of the instrument's range. @param eventTime epoch ms */
export function drift(fault: HeldFaultOf<'drift'>, eventTime: number, value: number, spec: SimulatedMetric): number {
  const drifted = value + (fault.perHour * (eventTime - fault.from)) / HOUR_MS;
  return Number(Math.min(spec.max, Math.max(spec.min, drifted)).toFixed(spec.decimals));
}
