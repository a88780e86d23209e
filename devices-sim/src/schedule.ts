import type { SimulatedDevice } from './device-kind.ts';
import { Noise } from './noise.ts';

export interface Appointment {
  readonly device: SimulatedDevice;
  /** Epoch ms. */
  readonly eventTime: number;
}

/**
 * Who reads when, in order of event time, without end. Each device has its second within its interval, for life, on
 * a grid that begins at the epoch: two runs that start at different moments meet the same event times.
 */
export function* schedule(devices: readonly SimulatedDevice[], seed: number, start: number): Generator<Appointment> {
  const rings = ringsOf(devices, seed).map((ring) => turns(ring, start));
  const heads = rings.map((ring) => ring.next().value);
  for (;;) {
    let first = 0;
    for (let i = 1; i < heads.length; i++) if (heads[i]!.eventTime < heads[first]!.eventTime) first = i;
    yield heads[first]!;
    heads[first] = rings[first]!.next().value;
  }
}

/** Devices with one interval, in the order of their seconds. */
interface Ring {
  readonly intervalMs: number;
  readonly places: readonly { readonly device: SimulatedDevice; readonly phaseMs: number }[];
}

function ringsOf(devices: readonly SimulatedDevice[], seed: number): Ring[] {
  const intervals = [...new Set(devices.map((device) => device.kind.intervalMs))];
  return intervals.map((intervalMs) => ({
    intervalMs,
    places: devices
      .filter((device) => device.kind.intervalMs === intervalMs)
      .map((device) => ({ device, phaseMs: phaseOf(device, seed) }))
      .sort((a, b) => a.phaseMs - b.phaseMs || (a.device.id < b.device.id ? -1 : 1)),
  }));
}

function phaseOf({ id, kind }: SimulatedDevice, seed: number): number {
  return Math.floor(new Noise(seed, id).trait('phase', 0, kind.intervalMs / 1000)) * 1000;
}

function* turns({ intervalMs, places }: Ring, start: number): Generator<Appointment, never> {
  for (let turn = Math.floor(start / intervalMs) * intervalMs; ; turn += intervalMs) {
    for (const { device, phaseMs } of places) {
      const eventTime = turn + phaseMs;
      if (eventTime >= start) yield { device, eventTime };
    }
  }
}
