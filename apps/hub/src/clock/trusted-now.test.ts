import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHeldBack, TrustedNow } from './trusted-now.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 10);

/** A machine whose wall clock may be set. */
class Machine {
  wall: number;
  elapsed = 5 * DAY;
  trusted: TrustedNow;

  constructor(wall = START, known?: number) {
    this.wall = wall;
    this.trusted = new TrustedNow(this.clocks, known);
  }

  get clocks() {
    return { wall: this.wall, elapsed: this.elapsed };
  }

  runs(ms: number): this {
    for (let left = ms; left > 0; left -= MINUTE) {
      this.wall += Math.min(left, MINUTE);
      this.elapsed += Math.min(left, MINUTE);
      this.trusted.look(this.clocks);
    }
    return this;
  }

  leaps(ms: number): this {
    this.wall += ms;
    this.trusted.look(this.clocks);
    return this;
  }

  restarts(): this {
    const { now } = this.look();
    this.elapsed = 0;
    this.trusted = new TrustedNow(this.clocks, now);
    return this;
  }

  look() {
    return this.trusted.look(this.clocks);
  }
}

describe('the time that may remove things', () => {
  it('is that of a clock that goes evenly', () => {
    expect(new Machine().runs(40 * DAY).look()).toMatchObject({ now: START + 40 * DAY, behindMs: 0 });
  });

  it('goes on evenly while the wall clock is ahead for some hours, and after it was set right', () => {
    const machine = new Machine()
      .runs(DAY)
      .leaps(30 * DAY)
      .runs(5 * HOUR);
    const ahead = machine.look();
    expect(ahead).toEqual({ now: START + DAY + 5 * HOUR, behindMs: 30 * DAY, waitsMs: HOUR });
    expect(isHeldBack(ahead)).toBe(true);
    const right = machine
      .leaps(-30 * DAY)
      .runs(MINUTE)
      .look();
    expect(right).toMatchObject({ now: START + DAY + 5 * HOUR + MINUTE, behindMs: 0 });
    expect(isHeldBack(right)).toBe(false);
  });

  it('believes a wall clock that has gone evenly for six hours, as after a month in which the machine was off', () => {
    const machine = new Machine(START + 30 * DAY, START);
    expect(machine.runs(6 * HOUR - MINUTE).look().now).toBe(START + 6 * HOUR - MINUTE);
    expect(machine.runs(MINUTE).look()).toMatchObject({ now: START + 30 * DAY + 6 * HOUR, behindMs: 0 });
  });

  it('begins to wait anew with each leap, also with many small ones in one direction', () => {
    const machine = new Machine()
      .leaps(30 * DAY)
      .runs(5 * HOUR)
      .leaps(DAY)
      .runs(5 * HOUR);
    expect(machine.look()).toMatchObject({ now: START + 10 * HOUR, waitsMs: HOUR });
    const creeping = new Machine();
    for (let i = 0; i < 600; i++) creeping.leaps(9 * MINUTE).runs(MINUTE);
    expect(creeping.look().now).toBe(START + 10 * HOUR);
  });

  it('takes what a time service mends for even, and catches up with it', () => {
    const machine = new Machine();
    for (let i = 0; i < 12; i++) machine.runs(HOUR).leaps(10 * SECOND);
    expect(machine.look().behindMs).toBeLessThanOrEqual(7 * 10 * SECOND);
  });

  it('is not misled by a machine that begins ahead each time, and is set right some seconds later', () => {
    const machine = new Machine();
    for (let i = 0; i < 5; i++) {
      machine
        .leaps(30 * DAY)
        .restarts()
        .runs(10 * SECOND);
      expect(machine.look().now).toBeLessThan(START + 5 * DAY);
      machine.leaps(-30 * DAY).runs(DAY - 10 * SECOND);
    }
    expect(machine.look()).toMatchObject({ now: START + 5 * DAY, behindMs: 0 });
  });

  it('is never ahead of the wall clock, nor of what it was before by more than the time that has gone', () => {
    const step = fc.record({ runs: fc.nat(3 * HOUR), leaps: fc.integer({ min: -40 * DAY, max: 40 * DAY }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const machine = new Machine();
        let before = machine.look().now;
        for (const { runs, leaps } of steps) {
          const { now } = machine.leaps(leaps).runs(runs).look();
          expect(now).toBeLessThanOrEqual(machine.wall);
          // No leap is followed by six even hours but where the leap is small.
          if (Math.abs(leaps) > 20 * MINUTE) expect(now).toBeLessThanOrEqual(before + runs);
          before = now;
        }
      }),
    );
  });
});
