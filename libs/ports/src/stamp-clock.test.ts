import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StampClock } from './stamp-clock.ts';

const HOUR = 3_600_000;
const START = 1_790_000_000_000;

function fixture() {
  const clock = { now: START, elapsed: 12.5 };
  const stamps = new StampClock({ now: () => Math.floor(clock.now), elapsed: () => clock.elapsed });
  let last = 0;
  /** So much time goes, and something is appended. */
  const after = (ms: number) => {
    clock.now += ms;
    clock.elapsed += ms;
    return (last = stamps.next(last));
  };
  return { clock, after };
}

describe('stamps', () => {
  it('are the wall clock’s time, to the millisecond, while it goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 5000, noNaN: true })), (steps) => {
        const { clock, after } = fixture();
        for (const ms of steps) expect(after(ms)).toBe(Math.floor(clock.now));
      }),
    );
  });

  it('go on while the wall clock is behind the last of them, slower than time, until it has caught up', () => {
    const { clock, after } = fixture();
    after(0);
    clock.now -= HOUR;
    const last = START + 1000 * 900;
    let stamp = 0;
    for (let i = 0; i < 1000; i++) stamp = after(1000);
    expect(stamp).toBe(last);
    for (let i = 0; i < 36_000; i++) stamp = after(1000);
    expect(stamp).toBe(clock.now);
  });

  it('lose nothing though appends follow each other within less than a millisecond', () => {
    const { clock, after } = fixture();
    after(0);
    clock.now -= HOUR;
    let stamp = 0;
    for (let i = 0; i < 10_000; i++) stamp = after(0.1);
    expect(Math.abs(stamp - (START + 900))).toBeLessThanOrEqual(1);
  });

  it('never decrease, and are whole milliseconds, whatever the wall clock does', () => {
    const step = fc.record({
      ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
      leap: fc.integer({ min: -1e10, max: 1e10 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { clock, after } = fixture();
        let before = after(0);
        for (const { ms, leap } of steps) {
          clock.now += leap;
          const stamp = after(ms);
          expect(Number.isInteger(stamp) && stamp >= before && stamp >= Math.floor(clock.now)).toBe(true);
          before = stamp;
        }
      }),
    );
  });
});
