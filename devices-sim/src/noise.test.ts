import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Noise } from './noise.ts';

const times = fc.integer({ min: 0, max: 7_258_118_400_000 });

describe('Noise', () => {
  it('answers the same whatever was asked before', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.string(),
        fc.array(times, { minLength: 1, maxLength: 20 }),
        (seed, subject, asked) => {
          const forwards = new Noise(seed, subject);
          const backwards = new Noise(seed, subject);
          const first = asked.map((time) => forwards.normal('x', time));
          const second = asked.toReversed().map((time) => backwards.normal('x', time));
          expect(second.toReversed()).toEqual(first);
        },
      ),
    );
  });

  it('stays within its bounds', () => {
    fc.assert(
      fc.property(fc.integer(), times, (seed, time) => {
        const noise = new Noise(seed, 'a');
        const uniform = noise.uniform('u', time);
        expect(uniform >= 0 && uniform < 1).toBe(true);
        expect(Math.abs(noise.smooth('s', time, 3_600_000))).toBeLessThanOrEqual(1);
        expect(Math.abs(noise.normal('n', time))).toBeLessThan(3.5);
      }),
    );
  });

  it('has the mean and spread it says, and no memory from one minute to the next', () => {
    const noise = new Noise(7, 'loop-001');
    const values = Array.from({ length: 20_000 }, (_, i) => noise.normal('n', 1_790_000_000_000 + i * 60_000));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const together = values.slice(1).reduce((sum, value, i) => sum + value * values[i]!, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    expect(Math.abs(together)).toBeLessThan(0.03);
  });

  it('differs by seed, subject and channel', () => {
    const at = 1_790_000_000_000;
    const answers = [
      new Noise(1, 'a').uniform('x', at),
      new Noise(2, 'a').uniform('x', at),
      new Noise(1, 'b').uniform('x', at),
      new Noise(1, 'a').uniform('y', at),
      new Noise(1, 'a').uniform('x', at + 1000),
    ];
    expect(new Set(answers).size).toBe(answers.length);
  });

  it('wanders without jumps', () => {
    const noise = new Noise(3, 'city');
    for (let time = 0; time < 36_000_000; time += 10_000) {
      const step = noise.smooth('s', time + 10_000, 3_600_000) - noise.smooth('s', time, 3_600_000);
      expect(Math.abs(step)).toBeLessThan(0.01);
    }
  });
});
