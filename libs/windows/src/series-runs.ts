import { batchLength, type ReadingBatch } from '@seawall/model';

/**
 * The rows of a batch put together by series: those of `batch.series[s]` are `rows[offsets[s]]` up to, and without,
 * `rows[offsets[s + 1]]`, in the order of acceptance. Both may be longer than that takes, and may be shared: they are read only.
 */
export interface SeriesRuns {
  readonly batch: ReadingBatch;
  readonly rows: Uint32Array;
  readonly offsets: Uint32Array;
}

/** A counting sort: two passes over one column, whatever the number of series. */
export function bySeries(batch: ReadingBatch): SeriesRuns {
  const { seriesIndex, series } = batch;
  if (isOneEach(batch)) return { batch, rows: upTo(seriesIndex.length), offsets: upTo(seriesIndex.length) };
  const offsets = new Uint32Array(series.length + 1);
  for (let i = 0; i < seriesIndex.length; i++) offsets[seriesIndex[i]! + 1]!++;
  for (let s = 0; s < series.length; s++) offsets[s + 1]! += offsets[s]!;
  const next = offsets.slice();
  const rows = new Uint32Array(batchLength(batch));
  for (let i = 0; i < rows.length; i++) rows[next[seriesIndex[i]!]!++] = i;
  return { batch, rows, offsets };
}

/** Whether each series has one reading, in its place: most devices are heard once in the time of a batch. */
function isOneEach({ seriesIndex, series }: ReadingBatch): boolean {
  if (seriesIndex.length !== series.length) return false;
  for (let i = 0; i < seriesIndex.length; i++) if (seriesIndex[i] !== i) return false;
  return true;
}

let numbers = new Uint32Array(0);

/** The numbers from 0 on, up to at least `last`: the same for all who ask. */
function upTo(last: number): Uint32Array {
  if (numbers.length <= last) numbers = Uint32Array.from({ length: 2 * last + 1 }, (_, i) => i);
  return numbers;
}
