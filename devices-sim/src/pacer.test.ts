import { describe, expect, it } from '@jest/globals';
import { dueAt, type Pace, waitUntilDue } from './pacer.ts';

const pace: Pace = { wallStart: 1_000_000, eventStart: 0, speed: 100, notAhead: true };

describe('dueAt', () => {
  it('runs at its speed while behind the clock and in real time from there on', () => {
    expect(dueAt(pace, 500_000)).toBe(1_005_000);
    expect(dueAt(pace, 1_000_000)).toBe(1_010_000);
    // The two clocks meet at 1,010,101; from there the event time itself is what is waited for.
    expect(dueAt(pace, 1_020_000)).toBe(1_020_000);
    expect(dueAt(pace, 1_080_000)).toBe(1_080_000);
  });

  it('never comes before the event time, even as fast as can be', () => {
    const fastest = { ...pace, speed: Infinity };
    expect(dueAt(fastest, 999_999)).toBe(1_000_000);
    expect(dueAt(fastest, 2_000_000)).toBe(2_000_000);
  });

  it('replays at its speed where the clock does not matter', () => {
    expect(dueAt({ ...pace, notAhead: false, speed: 1000 }, 5_000_000)).toBe(1_005_000);
  });
});

describe('waitUntilDue', () => {
  it('sleeps until the clock says so, in bounded pieces', async () => {
    let clock = 1_000_000;
    const slept: number[] = [];
    const sleep = async (ms: number) => {
      slept.push(ms);
      clock += ms;
    };
    await waitUntilDue({ ...pace, speed: 1 }, 150_000, () => clock, undefined, sleep);
    expect(clock).toBe(1_150_000);
    expect(slept).toEqual([60_000, 60_000, 30_000]);
  });

  it('wakes when aborted', async () => {
    const stop = new AbortController();
    const waiting = waitUntilDue({ ...pace, speed: 1e-6 }, 1_000_000, () => 1_000_000, stop.signal);
    stop.abort();
    await waiting;
    expect(stop.signal.aborted).toBe(true);
  });
});
