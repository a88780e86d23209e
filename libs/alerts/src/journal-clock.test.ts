import { describe, expect, it } from '@jest/globals';
import type { EntryKind } from '@seawall/ports';
import { JournalClock } from './journal-clock.ts';

const SECOND = 1000;
const START = 1_000_000;

/** A clock that begins anew from its state before each entry, in a log that says how often ticks come, or not. */
function fixture({ tickMs }: { tickMs?: number } = { tickMs: SECOND }) {
  let clock = new JournalClock();
  let stamp = START;
  /** @returns what the clock shows then, in seconds, and whether the hub stood still */
  const after = (seconds: number, kind: EntryKind): [number, boolean] => {
    stamp += seconds * SECOND;
    clock = new JournalClock(structuredClone(clock.save()));
    const stoodStill = clock.see(kind, stamp);
    if (kind === 'hub-start') clock.tickEvery(tickMs);
    return [clock.now / SECOND, stoodStill];
  };
  after(0, 'hub-start');
  return after;
}

describe('the running clock', () => {
  it('runs with the stamps while ticks come, also somewhat late', () => {
    const after = fixture();
    expect([after(1, 'tick'), after(0.5, 'readings'), after(0.5, 'tick')]).toEqual([
      [1, false],
      [1.5, false],
      [2, false],
    ]);
    expect(after(5, 'tick')).toEqual([7, false]);
  });

  it('stands when ticks have stopped coming, and says at the next that the hub stood still', () => {
    const after = fixture();
    after(1, 'tick');
    expect([after(40, 'tick'), after(1, 'tick')]).toEqual([
      [6, true],
      [7, false],
    ]);
  });

  it('stands also where other entries came in between', () => {
    const after = fixture();
    after(1, 'tick');
    for (let i = 0; i < 10; i++) after(3, 'rejections');
    expect([after(3, 'readings'), after(0.1, 'tick'), after(1, 'tick')]).toEqual([
      [6, false],
      [6, true],
      [7, false],
    ]);
  });

  it('stands while the hub is down, which is no standing still', () => {
    const after = fixture();
    after(1, 'tick');
    expect([after(1, 'hub-stop'), after(3600, 'hub-start'), after(1, 'tick')]).toEqual([
      [2, false],
      [2, false],
      [3, false],
    ]);
    // A crash.
    expect([after(3600, 'hub-start'), after(1, 'tick')]).toEqual([
      [3, false],
      [4, false],
    ]);
  });

  it('runs however long no tick comes in logs that do not say how often one does', () => {
    const after = fixture({});
    expect(after(40, 'tick')).toEqual([40, false]);
  });
});
