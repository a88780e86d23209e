import { describe, expect, it } from '@jest/globals';
import { Watermark, type WatermarkTiming } from './watermark.ts';

const timing = () => ({ delayMs: 10, idleAfterMs: 100, tickClock: 0 });

function tick(times: WatermarkTiming, clock: number, ...watermarks: Watermark[]): void {
  times.tickClock = clock;
  for (const watermark of watermarks) watermark.tick();
}

function heard(watermark: Watermark, member: number, newest: number, clock: number): number {
  watermark.heard(member, newest, clock);
  watermark.settle();
  return watermark.value;
}

describe('Watermark', () => {
  it('is the least over its members of their newest event time less the delay', () => {
    const times = timing();
    const watermark = new Watermark(times);
    const [a, b] = [watermark.join(), watermark.join()];
    expect(heard(watermark, a, 1000, 0)).toBe(990);
    // b begins behind: the watermark waits, but does not go back.
    expect(heard(watermark, b, 500, 0)).toBe(990);
    expect(heard(watermark, a, 3000, 0)).toBe(990);
    expect(heard(watermark, b, 2000, 0)).toBe(1990);
    expect(heard(watermark, b, 2500, 0)).toBe(2490);
  });

  it('leaves out a member that has been silent for long enough, and takes it back when it is heard', () => {
    const times = timing();
    const watermark = new Watermark(times);
    const [a, b] = [watermark.join(), watermark.join()];
    heard(watermark, a, 1000, 0);
    heard(watermark, b, 1000, 0);
    heard(watermark, a, 5000, 99);
    tick(times, 99, watermark);
    expect(watermark.value).toBe(990);
    tick(times, 100, watermark);
    expect(watermark.value).toBe(4990);
    heard(watermark, b, 6000, 101);
    expect(heard(watermark, a, 9000, 101)).toBe(5990);
  });

  it('moves with the clock from the tick that finds every member idle', () => {
    const times = timing();
    const watermark = new Watermark(times);
    const a = watermark.join();
    heard(watermark, a, 1000, 0);
    tick(times, 150, watermark);
    expect(watermark.value).toBe(990);
    tick(times, 400, watermark);
    expect(watermark.value).toBe(1240);
    expect(heard(watermark, a, 1100, 401)).toBe(1240);
    tick(times, 402, watermark);
    expect(watermark.value).toBe(1240);
  });

  it('stays where it is not while nobody was ever heard', () => {
    const times = timing();
    const watermark = new Watermark(times);
    watermark.join();
    tick(times, 1_000_000, watermark);
    expect(watermark.value).toBe(-Infinity);
  });

  it('needs no tick before somebody becomes idle, or before it gets where it is awaited with the clock', () => {
    const times = timing();
    const watermark = new Watermark(times);
    const [a, b] = [watermark.join(), watermark.join()];
    heard(watermark, a, 1000, 10);
    heard(watermark, b, 1000, 30);
    expect(watermark.sleepsUntil(5000)).toBe(110);
    tick(times, 110, watermark);
    expect(watermark.sleepsUntil(5000)).toBe(130);
    tick(times, 200, watermark);
    expect(watermark.sleepsUntil(2990)).toBe(200 + 2000 - 1);
    // It is there all the same, whether anybody has looked or not.
    times.tickClock = 2200;
    expect(watermark.value).toBe(2990);
  });

  it('goes on from its saved state as if never interrupted', () => {
    const times = timing();
    const watermark = new Watermark(times);
    heard(watermark, watermark.join(), 1000, 0);
    tick(times, 150, watermark);
    const restored = new Watermark(times, structuredClone(watermark.save()));
    restored.join(watermark.saveMember(0));
    tick(times, 500, watermark, restored);
    expect(restored.save()).toEqual(watermark.save());
    expect(restored.value).toBe(1340);
  });
});
