import { describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '@seawall/ports';
import { EntryRing } from './entry-ring.ts';

const entry = (seq: number) => {
  const one: JournalEntry = { version: 1, kind: 'tick', origin: 'live', payload: null, partition: 0, stamp: 0, seq };
  return { entry: one, bytes: new Uint8Array(10) };
};
const seqs = (entries: readonly JournalEntry[] | undefined) => entries?.map((one) => one.seq);

describe('EntryRing', () => {
  it('holds the newest entries that fit into its bytes', () => {
    const ring = new EntryRing(35);
    for (let seq = 101; seq <= 200; seq++) {
      ring.push([entry(seq)]);
      const oldest = Math.max(101, seq - 2);
      expect(ring.from(oldest - 1, 10)).toBeUndefined();
      expect(seqs(ring.from(oldest, 10))).toEqual([oldest, oldest + 1, oldest + 2].filter((one) => one <= seq));
    }
  });

  it('gives no more than it is asked for, and nothing beyond its newest', () => {
    const ring = new EntryRing(1000);
    ring.push([entry(1), entry(2), entry(3)]);
    expect(seqs(ring.from(1, 2))).toEqual([1, 2]);
    expect(ring.from(4, 2)).toBeUndefined();
  });

  it('holds nothing when it has no room', () => {
    const ring = new EntryRing(0);
    ring.push([entry(1)]);
    expect(ring.from(1, 1)).toBeUndefined();
    ring.push([entry(2)]);
    expect(ring.from(2, 1)).toBeUndefined();
  });
});
