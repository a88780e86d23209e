import { expect } from '@jest/globals';
import type { QueryChunk } from '@seawall/model';
import type { WholeSeries } from './series-store-harness.ts';

/** Equal within 1e-9 × max(1, |a|, mean |x|), for sums n × mean |x|; of up to 400 values that stay below 1e6 + 100. */
export function expectEqual(found: readonly WholeSeries[], expected: readonly WholeSeries[]): void {
  expect(found.map(({ values: _, ...head }) => head)).toEqual(expected.map(({ values: _, ...head }) => head));
  found.forEach(({ values }, i) => {
    for (const [name, column] of Object.entries(values)) {
      const other = expected[i]!.values[name]!;
      const n = name === 'sum' ? 400 : 1;
      column.forEach((a, j) => {
        if (Number.isNaN(other[j])) expect(a).toBeNaN();
        else expect(Math.abs(a - other[j]!)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(a), n * 1e6));
      });
    }
  });
}

/** Notes what chunks say they were computed from. */
export async function* noting(chunks: AsyncIterable<QueryChunk>, sources: string[]): AsyncGenerator<QueryChunk> {
  for await (const chunk of chunks) {
    sources.push(chunk.source ?? 'raw');
    yield chunk;
  }
}
