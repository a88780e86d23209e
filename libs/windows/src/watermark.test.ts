import { describe, expect, it } from '@jest/globals';
import { Watermark } from './watermark.ts';

const OPTIONS = { delayMs: 10, idleAfterMs: 100 };

function heard(watermark: Watermark, member: number, newest: number, clock: number): number {
  watermark.heard(member, newest, clock);
  watermark.settle();
  return watermark.value;
}

describe('Watermark', () => {
  it('is the least over its members of their newest event time less the delay', () => {
    const watermark = new Watermark(OPTIONS);
    const [a, b] = [watermark.join(), watermark.join()];
    expect(heard(watermark, a, 1000, 0)).toBe(990);
    // b begins behind: the watermark waits, but does not go back.
    expect(heard(watermark, b, 500, 0)).toBe(990);
    expect(heard(watermark, a, 3000, 0)).toBe(990);
    expect(heard(watermark, b, 2000, 0)).toBe(1990);
    expect(heard(watermark, b, 2500, 0)).toBe(2490);
  });

  it('leaves out a member that has been silent for long enough, and takes it back when it is heard', () => {
    const watermark = new Watermark(OPTIONS);
    const [a, b] = [watermark.join(), watermark.join()];
    heard(watermark, a, 1000, 0);
    heard(watermark, b, 1000, 0);
    heard(watermark, a, 5000, 99);
    watermark.tick(99);
    expect(watermark.value).toBe(990);
    watermark.tick(100);
    expect(watermark.value).toBe(4990);
    heard(watermark, b, 6000, 101);
    expect(heard(watermark, a, 9000, 101)).toBe(5990);
  });

  it('moves with the clock from the tick that finds every member idle', () => {
    const watermark = new Watermark(OPTIONS);
    const a = watermark.join();
    heard(watermark, a, 1000, 0);
    watermark.tick(150);
    expect(watermark.value).toBe(990);
    watermark.tick(400);
    expect(watermark.value).toBe(1240);
    expect(heard(watermark, a, 1100, 401)).toBe(1240);
    watermark.tick(402);
    expect(watermark.value).toBe(1240);
  });

  it('stays where it is not while nobody was ever heard', () => {
    const watermark = new Watermark(OPTIONS);
    watermark.join();
    watermark.tick(1_000_000);
    expect(watermark.value).toBe(-Infinity);
  });

  it('goes on from its saved state as if never interrupted', () => {
    const watermark = new Watermark(OPTIONS);
    heard(watermark, watermark.join(), 1000, 0);
    watermark.tick(150);
    const restored = new Watermark(OPTIONS, structuredClone(watermark.save()));
    restored.join(watermark.saveMember(0));
    watermark.tick(500);
    restored.tick(500);
    expect(restored.save()).toEqual(watermark.save());
    expect(restored.value).toBe(1340);
  });
});
