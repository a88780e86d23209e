import type { DeviceDescription } from '@seawall/model';
import type { Noise } from './noise.ts';

export interface SimulatedMetric {
  /** UCUM */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Places the instrument prints. */
  readonly decimals: number;
}

/** What a device senses from: its own noise, and the noise that all devices of the city share (the weather). */
export interface Surroundings {
  readonly own: Noise;
  readonly city: Noise;
}

/** One kind of simulated device. */
export interface DeviceKind {
  /** The label `type`. */
  readonly type: string;
  readonly domain: string;
  /** Before the number in device ids: "loop" gives loop-001. */
  readonly prefix: string;
  /** "Loop detector", for device names. */
  readonly title: string;
  readonly intervalMs: number;
  readonly metrics: Readonly<Record<string, SimulatedMetric>>;
  /** The true values at an event time (epoch ms), before effects, clamping and rounding; one for each metric. */
  sense(eventTime: number, surroundings: Surroundings): Record<string, number>;
}

export interface SimulatedDevice {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly description: DeviceDescription;
}
