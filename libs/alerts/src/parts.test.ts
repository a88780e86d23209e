import { deserialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PartsReader, PartsWriter } from './parts.ts';

/** @returns how many steps it took */
function finish(steps: Generator<void, void>): number {
  let taken = 0;
  while (steps.next().done !== true) taken++;
  return taken;
}

describe('parts', () => {
  it('are read as they were written, wherever the bytes lie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.oneof(fc.double(), fc.string(), fc.float64Array()), { maxLength: 700, size: 'max' })),
        fc.nat(7),
        (lists, offset) => {
          const out = new PartsWriter({ lists: lists.length });
          for (const list of lists) {
            finish(out.list(list));
            out.numbers(Float64Array.from(list, Number));
          }
          const bytes = out.take();
          const moved = new Uint8Array(bytes.length + offset).subarray(offset);
          moved.set(bytes);
          const from = new PartsReader<{ lists: number }>(moved);
          expect(from.first).toEqual({ lists: lists.length });
          for (const list of lists) {
            expect(from.list()).toEqual(list);
            expect(from.numbers()).toEqual(Float64Array.from(list, Number));
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are of some hundred items at most', () => {
    const list = Array.from({ length: 10_001 }, (_, i) => i);
    const out = new PartsWriter(null);
    const steps = finish(out.list(list));
    const from = new PartsReader(out.take());
    expect(from.value()).toBe(10_001);
    const parts = Array.from({ length: steps }, () => from.value() as number[]);
    expect(parts.flat()).toEqual(list);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(200);
  });

  it('tell their first to whoever knows nothing of the others', () => {
    const out = new PartsWriter({ format: 3 });
    finish(out.list([1, 2]));
    expect(deserialize(out.take())).toEqual({ format: 3 });
  });
});
