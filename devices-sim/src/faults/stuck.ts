import type { HeldFaultOf, Measured } from './held-fault.ts';

/** The metric repeats what the device last measured at or before the fault's beginning. */
export function stuck(fault: HeldFaultOf<'stuck'>, measured: Measured): Record<string, number> | undefined {
  const { device, eventTime, read } = measured;
  const { intervalMs } = device.kind;
  const last = eventTime - Math.ceil((eventTime - fault.from) / intervalMs) * intervalMs;
  const value = read(last)?.[fault.metric];
  return value === undefined ? undefined : { [fault.metric]: value };
}
