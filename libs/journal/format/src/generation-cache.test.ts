import { describe, expect, it } from '@jest/globals';
import { GenerationCache } from './generation-cache.ts';

describe('GenerationCache', () => {
  it('never holds more than twice its capacity', () => {
    const cache = new GenerationCache<number, number>(10);
    for (let i = 0; i < 1000; i++) {
      cache.set(i, i);
      expect(cache.size).toBeLessThanOrEqual(20);
    }
  });

  it('keeps what is asked for and forgets what is not', () => {
    const cache = new GenerationCache<string, number>(10);
    cache.set('asked for', 1);
    cache.set('left alone', 2);
    for (let i = 0; i < 100; i++) {
      cache.set(`filler ${i}`, i);
      expect(cache.get('asked for')).toBe(1);
    }
    expect(cache.get('left alone')).toBeUndefined();
  });
});
