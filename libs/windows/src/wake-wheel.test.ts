import { describe, expect, it } from '@jest/globals';
import { WakeWheel, type Sleeper } from './wake-wheel.ts';

const sleeper = (): Sleeper => ({ wakeAt: Infinity });

describe('WakeWheel', () => {
  it('wakes each in the second it is due in, once', () => {
    const wheel = new WakeWheel();
    const [a, b, c] = [sleeper(), sleeper(), sleeper()];
    wheel.add(a, 5400);
    wheel.add(b, 9000);
    wheel.add(c, Infinity);
    expect(wheel.take(4999)).toEqual([]);
    expect(wheel.take(5000)).toEqual([a]);
    expect(wheel.take(6000)).toEqual([]);
    // After a long pause as well.
    expect(wheel.take(1e9)).toEqual([b]);
    expect(c.wakeAt).toBe(Infinity);
  });

  it('forgets what a sleeper was to wake at before', () => {
    const wheel = new WakeWheel();
    const [later, sooner] = [sleeper(), sleeper()];
    wheel.add(later, 3000);
    wheel.add(later, 8000);
    wheel.add(sooner, 8000);
    wheel.add(sooner, 3000);
    expect(wheel.take(3000)).toEqual([sooner]);
    expect(wheel.take(8000)).toEqual([later]);
  });

  it('wakes with the next tick whoever was due before the last', () => {
    const wheel = new WakeWheel();
    const late = sleeper();
    wheel.take(7000);
    wheel.add(late, 2000);
    expect(wheel.take(7000)).toEqual([late]);
    expect(wheel.take(7000)).toEqual([]);
  });
});
