import type { DeviceDescription, MetricDescription } from '@seawall/model';
import type { SimulatedDevice } from '../device-kind.ts';
import type { HeldFaultOf } from './held-fault.ts';
import { conversionOf, type Conversion } from './other-units.ts';

/** Digits that such an instrument prints, so that the hub's way back gives the value again. */
const DIGITS = 9;

/** The value in the fault's unit. */
export function inOtherUnit(fault: HeldFaultOf<'units'>, device: SimulatedDevice, value: number): number {
  return convert(value, conversionTo(fault, device));
}

/** The description of a device that says which unit it now measures in. */
export function redeclared(
  fault: HeldFaultOf<'units'>,
  device: SimulatedDevice,
  description: DeviceDescription,
): DeviceDescription {
  const known: MetricDescription = description.metrics?.[fault.metric] ?? {};
  const conversion = conversionTo(fault, device);
  const bounds = {
    ...(known.min === undefined ? {} : { min: convert(known.min, conversion) }),
    ...(known.max === undefined ? {} : { max: convert(known.max, conversion) }),
  };
  const metric = { ...known, ...bounds, unit: fault.unit };
  return { ...description, metrics: { ...description.metrics, [fault.metric]: metric } };
}

function conversionTo({ metric, unit }: HeldFaultOf<'units'>, { kind }: SimulatedDevice): Conversion {
  // The schema has checked every kind that measures the metric.
  return conversionOf(kind.metrics[metric]!.unit, unit)!;
}

function convert(value: number, { factor, offset }: Conversion): number {
  return Number((value * factor + offset).toPrecision(DIGITS));
}
