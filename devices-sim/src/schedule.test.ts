import { describe, expect, it } from '@jest/globals';
import { cityDevices } from './city.ts';
import type { SimulatedDevice } from './device-kind.ts';
import { schedule } from './schedule.ts';

const START = Date.UTC(2026, 8, 23);

function until(devices: SimulatedDevice[], start: number, end: number): string[] {
  const met: string[] = [];
  for (const { device, eventTime } of schedule(devices, 1, start)) {
    if (eventTime >= end) return met;
    met.push(`${eventTime} ${device.id}`);
  }
  return met;
}

function withIntervals(): SimulatedDevice[] {
  return cityDevices(12).map((device, i) => {
    return i % 3 === 0 ? { ...device, kind: { ...device.kind, intervalMs: 45_000 } } : device;
  });
}

describe('schedule', () => {
  it('comes in order of event time, each device once an interval', () => {
    const devices = withIntervals();
    const met = until(devices, START, START + 3_600_000).map((line) => line.split(' ') as [string, string]);
    const times = met.map(([time]) => Number(time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const { id, kind } of devices) {
      const own = met.filter(([, device]) => device === id).map(([time]) => Number(time));
      expect(own).toHaveLength(3_600_000 / kind.intervalMs);
      expect(own.slice(1).every((time, i) => time - own[i]! === kind.intervalMs)).toBe(true);
    }
  });

  it('meets the same event times from whatever start', () => {
    const end = START + 3_600_000;
    const later = START + 1_234_567;
    const all = until(withIntervals(), START, end);
    const rest = until(withIntervals(), later, end);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest).toEqual(all.filter((line) => Number(line.split(' ')[0]) >= later));
  });
});
