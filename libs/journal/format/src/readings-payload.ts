import type { Labels, ReadingBatch, Series } from '@seawall/model';
import { DamagedEntryError } from './errors.ts';
import { internLabels, internSeries, labelsRecord, seriesRecord } from './interned-names.ts';

/*
 * Little-endian; begins at a multiple of 8, so that the columns are aligned where they stand:
 *   u32 readings, u32 series, u32 labels, u32 zero
 *   f64 eventTime[readings] · f64 value[readings] · u32 seriesIndex[readings]
 *   u32 labelsIndex[series] · u8 flags[readings]
 *   labels records, then series records: u32 length and that many bytes of UTF-8
 */
const HEADER_BYTES = 16;

interface Names {
  readonly seriesRecords: readonly Uint8Array[];
  readonly labelsRecords: readonly Uint8Array[];
  /** For each series, the index of its labels in `labelsRecords`. */
  readonly labelsIndex: Uint32Array;
  readonly bytes: number;
}

/** A payload measured and ready to be written at an offset; so that envelope and payload need one buffer. */
export interface PreparedPayload {
  readonly bytes: number;
  /** @param offset a multiple of 8 into `target`, whose buffer begins with it */
  write(target: Uint8Array, offset: number): void;
}

/** @throws RangeError for names that would not come back as they are, or columns of different lengths */
export function prepareReadings(batch: ReadingBatch): PreparedPayload {
  const { length } = batch.seriesIndex;
  if (batch.eventTime.length !== length || batch.value.length !== length || batch.flags.length !== length) {
    throw new RangeError('The columns of a reading batch must be of one length.');
  }
  const names = namesOf(batch);
  const bytes = HEADER_BYTES + 21 * length + 4 * batch.series.length + names.bytes;
  return { bytes, write: (target, offset) => writeReadings(batch, names, target, offset) };
}

function namesOf({ series, labels }: ReadingBatch): Names {
  const labelsRecords: Uint8Array[] = [];
  const indexOfRecord = new Map<Uint8Array, number>();
  const labelsIndex = new Uint32Array(series.length);
  const seriesRecords = new Array<Uint8Array>(series.length);
  let bytes = 0;
  for (let i = 0; i < series.length; i++) {
    // The series of a device share one labels object and mostly stand together.
    if (i > 0 && labels[i] === labels[i - 1]) labelsIndex[i] = labelsIndex[i - 1]!;
    else {
      const record = labelsRecord(labels[i]!);
      let index = indexOfRecord.get(record);
      if (index === undefined) {
        index = labelsRecords.push(record) - 1;
        indexOfRecord.set(record, index);
        bytes += record.length;
      }
      labelsIndex[i] = index;
    }
    const record = seriesRecord(series[i]!);
    seriesRecords[i] = record;
    bytes += record.length;
  }
  return { seriesRecords, labelsRecords, labelsIndex, bytes };
}

function writeReadings(batch: ReadingBatch, names: Names, target: Uint8Array, offset: number): void {
  const { length } = batch.seriesIndex;
  const counts = new Uint32Array(target.buffer, offset, 4);
  counts[0] = length;
  counts[1] = batch.series.length;
  counts[2] = names.labelsRecords.length;
  let at = offset + HEADER_BYTES;
  new Float64Array(target.buffer, at, length).set(batch.eventTime);
  at += 8 * length;
  new Float64Array(target.buffer, at, length).set(batch.value);
  at += 8 * length;
  new Uint32Array(target.buffer, at, length).set(batch.seriesIndex);
  at += 4 * length;
  new Uint32Array(target.buffer, at, names.labelsIndex.length).set(names.labelsIndex);
  at += 4 * names.labelsIndex.length;
  target.set(batch.flags, at);
  at += length;
  at = writeRecords(names.labelsRecords, target, at);
  writeRecords(names.seriesRecords, target, at);
}

function writeRecords(records: readonly Uint8Array[], target: Uint8Array, offset: number): number {
  let at = offset;
  for (const record of records) {
    target.set(record, at);
    at += record.length;
  }
  return at;
}

/**
 * The batch at a multiple of 8 into `bytes`. Its columns are views of `bytes` where that is aligned in memory, so
 * `bytes` must not change any more.
 * @throws DamagedEntryError
 */
export function decodeReadings(bytes: Buffer, offset: number): ReadingBatch {
  if (bytes.length < offset + HEADER_BYTES)
    throw new DamagedEntryError('The readings of a journal entry are cut short.');
  const [length, seriesCount, labelsCount] = [0, 4, 8].map((at) => bytes.readUInt32LE(offset + at)) as [
    number,
    number,
    number,
  ];
  const columnsEnd = offset + HEADER_BYTES + 21 * length + 4 * seriesCount;
  if (bytes.length < columnsEnd) throw new DamagedEntryError('The readings of a journal entry are cut short.');
  const aligned = (bytes.byteOffset + offset) % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  const base = aligned.byteOffset + offset + HEADER_BYTES;
  const labelsIndex = new Uint32Array(aligned.buffer, base + 20 * length, seriesCount);
  const distinct = new Array<Labels>(labelsCount);
  const namesAt = readRecords(bytes, columnsEnd, distinct, internLabels);
  const series = new Array<Series>(seriesCount);
  readRecords(bytes, namesAt, series, internSeries);
  return {
    series,
    labels: Array.from(labelsIndex, (index) => distinct[index] ?? damaged('names labels it does not hold')),
    seriesIndex: new Uint32Array(aligned.buffer, base + 16 * length, length),
    eventTime: new Float64Array(aligned.buffer, base, length),
    value: new Float64Array(aligned.buffer, base + 8 * length, length),
    flags: new Uint8Array(aligned.buffer, base + 20 * length + 4 * seriesCount, length),
  };
}

function readRecords<T>(bytes: Buffer, offset: number, into: T[], intern: (text: string) => T | undefined): number {
  let at = offset;
  for (let i = 0; i < into.length; i++) {
    if (at + 4 > bytes.length) damaged('is cut short');
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) damaged('is cut short');
    into[i] = intern(bytes.toString('utf8', at + 4, end)) ?? damaged('holds a series that is none');
    at = end;
  }
  return at;
}

function damaged(what: string): never {
  throw new DamagedEntryError(`A journal entry of readings ${what}.`);
}
