import type { DeviceDescription } from '@seawall/model';
import type { Noise } from './noise.ts';
import type { LocalWorld } from './world/local-world.ts';

export interface SimulatedMetric {
  /** UCUM */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Places the instrument prints. */
  readonly decimals: number;
  /** Names of the states, by the number that is sent. */
  readonly states?: Readonly<Record<string, string>>;
}

/** What a device senses from: its own noise, the noise that all devices of the city share, and the world around it. */
export interface Surroundings {
  readonly own: Noise;
  readonly city: Noise;
  readonly here: LocalWorld;
  readonly district: string;
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
  /** Without a battery a device is silent while its district has no power. */
  readonly hasBattery: boolean;
  /** The districts it makes sense in; all of them unless given. */
  readonly districts?: readonly string[];
  readonly metrics: Readonly<Record<string, SimulatedMetric>>;
  /** The true values at an event time (epoch ms), before effects, clamping and rounding; one for each metric. */
  sense(eventTime: number, surroundings: Surroundings): Record<string, number>;
}

export interface SimulatedDevice {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly description: DeviceDescription;
}
