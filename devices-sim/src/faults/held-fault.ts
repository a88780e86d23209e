import type { SimulatedDevice } from '../device-kind.ts';
import type { Fault } from './fault-schema.ts';

/** A fault with its times on the calendar; it holds from `from` until before `to`. */
export type HeldFault = Fault & {
  /** Epoch ms: a scenario's offsets with its start added. */
  readonly from: number;
  readonly to: number;
  /** Stands in the scenario's file, or is of the wear that every city has. */
  readonly origin: 'scenario' | 'wear';
};

export type HeldFaultOf<K extends Fault['kind']> = Extract<HeldFault, { kind: K }>;

export interface Measured {
  readonly device: SimulatedDevice;
  /** The moment of the measurement, whatever the device's clock says; epoch ms. */
  readonly eventTime: number;
  /** What the device would measure at another moment; undefined without power. */
  readonly read: (eventTime: number) => Record<string, number> | undefined;
}

export function holds({ from, to }: { readonly from: number; readonly to: number }, eventTime: number): boolean {
  return eventTime >= from && eventTime < to;
}
