import { describe, expect, it } from '@jest/globals';
import { HOUR_MICROS } from '@seawall/query';
import { HourNotes } from './hour-notes.ts';

const of = (device: string, n: number) => ({ domain: 'e', device, hour: n * HOUR_MICROS });

describe('notes of hours', () => {
  it('tell when one has been made anew', () => {
    const notes = new HourNotes([{ ...of('a', 3), kind: 'stale' }]);
    const before = notes.generation(of('a', 3));
    expect(notes.generation(of('a', 3))).toBe(before);
    notes.set({ ...of('a', 3), kind: 'stale' });
    expect(notes.generation(of('a', 3))).not.toBe(before);
    notes.remove(of('a', 3));
    expect(notes.generation(of('a', 3))).toBe(undefined);
    expect(notes.of('e', 'a')).toBe(undefined);
  });

  it('find the first stale hour, and what is stale between', () => {
    const notes = new HourNotes([
      { ...of('a', 5), kind: 'stale' },
      { ...of('b', 4), kind: 'stale' },
      { ...of('b', 2), kind: 'absurd' },
      { ...of('c', 9), kind: 'stale' },
    ]);
    expect(notes.firstStale(Infinity)).toEqual({ domain: 'e', hour: 4 * HOUR_MICROS });
    expect(notes.firstStale(4 * HOUR_MICROS)).toBe(undefined);
    expect(notes.firstStale(Infinity, 'f')).toBe(undefined);
    expect(notes.staleWithin('e', 0, 6 * HOUR_MICROS)).toEqual([of('a', 5), of('b', 4)]);
  });

  it('find the hours of a domain that are absurd and wholly before a moment', () => {
    const notes = new HourNotes([
      { ...of('a', 2), kind: 'absurd' },
      { ...of('a', 3), kind: 'absurd' },
      { ...of('b', 1), kind: 'stale' },
      { ...of('b', 2), kind: 'absurd' },
      { ...of('c', 1), domain: 'f', kind: 'absurd' },
    ]);
    expect(notes.absurdBefore('e', 4 * HOUR_MICROS - 1)).toEqual([of('a', 2), of('b', 2)]);
    expect(notes.absurdBefore('e', 4 * HOUR_MICROS)).toEqual([of('a', 2), of('a', 3), of('b', 2)]);
    expect(notes.absurdBefore('g', Infinity)).toEqual([]);
  });
});
