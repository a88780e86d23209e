import { batchLength, type ReadingBatch } from '@seawall/model';

/**
 * The rows of a batch put together by series: those of `batch.series[s]` are `rows[offsets[s]]` up to, and without,
 * `rows[offsets[s + 1]]`, in the order of acceptance.
 */
export interface SeriesRuns {
  readonly batch: ReadingBatch;
  readonly rows: Uint32Array;
  readonly offsets: Uint32Array;
}

/** A counting sort: two passes over one column, whatever the number of series. */
export function bySeries(batch: ReadingBatch): SeriesRuns {
  const { seriesIndex } = batch;
  const offsets = new Uint32Array(batch.series.length + 1);
  for (let i = 0; i < seriesIndex.length; i++) offsets[seriesIndex[i]! + 1]!++;
  for (let s = 0; s < batch.series.length; s++) offsets[s + 1]! += offsets[s]!;
  const next = offsets.slice();
  const rows = new Uint32Array(batchLength(batch));
  for (let i = 0; i < rows.length; i++) rows[next[seriesIndex[i]!]!++] = i;
  return { batch, rows, offsets };
}
