import { seriesKey, type Labels, type Series } from '@seawall/model';
import { GenerationCache } from './generation-cache.ts';

/** Series kept for reuse; ten thousand devices with ten metrics fit twice over. */
const SERIES_CAPACITY = 200_000;
const LABELS_CAPACITY = 50_000;

const seriesByText = new GenerationCache<string, Series>(SERIES_CAPACITY);
const labelsByText = new GenerationCache<string, Labels>(LABELS_CAPACITY);
const recordOfSeries = new WeakMap<Series, Uint8Array>();
const recordOfLabels = new WeakMap<Labels, Uint8Array>();
/** Devices of one kind in one place have equal labels in objects of their own; these share a record. */
const labelsRecordByText = new GenerationCache<string, Uint8Array>(LABELS_CAPACITY);

/**
 * A series as a record: its length as u32, then its names joined by NUL, in UTF-8.
 * @throws RangeError for names that would not come back as they are
 */
export function seriesRecord(series: Series): Uint8Array {
  let record = recordOfSeries.get(series);
  if (record === undefined) {
    record = makeSeriesRecord(series);
    recordOfSeries.set(series, record);
  }
  return record;
}

/** Labels as a record: their length as u32, then JSON in UTF-8. Equal labels give the same object. */
export function labelsRecord(labels: Labels): Uint8Array {
  let record = recordOfLabels.get(labels);
  if (record === undefined) {
    const text = JSON.stringify(labels);
    record = labelsRecordByText.get(text) ?? makeRecord(text);
    labelsRecordByText.set(text, record);
    recordOfLabels.set(labels, record);
  }
  return record;
}

/** The series of a record's text; the same object for the same text while the cache remembers it. */
export function internSeries(text: string): Series | undefined {
  let series = seriesByText.get(text);
  if (series === undefined) {
    const [domain, device, metric, ...rest] = text.split('\u0000');
    if (domain === undefined || device === undefined || metric === undefined || rest.length > 0) return undefined;
    series = Object.freeze({ domain, device, metric });
    seriesByText.set(text, series);
  }
  return series;
}

/** The labels of a record's text; the same object for the same text while the cache remembers it. */
export function internLabels(text: string): Labels {
  let labels = labelsByText.get(text);
  if (labels === undefined) {
    labels = Object.freeze(JSON.parse(text) as Labels);
    labelsByText.set(text, labels);
  }
  return labels;
}

function makeSeriesRecord(series: Series): Uint8Array {
  const text = seriesKey(series);
  const record = makeRecord(text);
  const faithful = Buffer.from(record.buffer, 4).toString('utf8') === text && text.split('\u0000').length === 3;
  if (!faithful) {
    throw new RangeError(
      `The series ${JSON.stringify(series)} can't be kept: a name holds a NUL or half of a surrogate pair.`,
    );
  }
  return record;
}

function makeRecord(text: string): Uint8Array {
  const length = Buffer.byteLength(text);
  const record = new Uint8Array(4 + length);
  new DataView(record.buffer).setUint32(0, length, true);
  Buffer.from(record.buffer).write(text, 4);
  return record;
}
