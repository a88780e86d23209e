import { durationMs, parseDuration, parseRfc3339, wallTimeToEpochMs, type WallTime } from '@seawall/calendar';
import { UsageError } from '../errors.ts';
import type { Mapping } from './mapping.ts';
import { wallTimeReader } from './time-format.ts';

/** The event time (epoch ms) of a data row, counted from 0; undefined if its cells name none. */
export type TimeReader = (cells: readonly string[], row: number) => number | undefined;

/** Finds a column by its header. @throws UsageError if the file has none */
export type ColumnFinder = (header: string) => number;

const REMEMBERED = 1024;
/** What `start` may look like. */
const START_FORMATS = ['yyyy-MM-dd', 'yyyy-MM-dd HH:mm', 'yyyy-MM-dd HH:mm:ss'];

const FORMATS_WITH_ZONE = ['rfc3339', 'epochMs', 'epochSeconds'];

/** Whether each row has a time of the clocks on the wall, of which an hour may come twice. */
export function hasLocalTimes({ time }: Pick<Mapping, 'time'>): boolean {
  return time.columns !== undefined || (time.format !== undefined && !carriesZone(time.format));
}

/** Whether times of this format say by themselves which moment they mean. */
export function carriesZone(format: string): boolean {
  return FORMATS_WITH_ZONE.includes(format);
}

/** @throws UsageError for a format or start that can't be read */
export function timeReader({ time, timeZone = 'UTC' }: Mapping, find: ColumnFinder): TimeReader {
  if (time.columns !== undefined) return fromSeveral(time.columns, timeZone, find);
  if (time.column !== undefined) return fromText([time.column].flat(), time.format!, timeZone, find);
  return fromStart(time.start!, time.step!, timeZone);
}

/** Row i is `start` + i × step of elapsed time, whatever the clocks on the wall do meanwhile. */
function fromStart(start: string, step: string, timeZone: string): TimeReader {
  const walls = START_FORMATS.map((format) => wallTimeReader(format)!(start));
  const wall = walls.find((candidate) => candidate !== undefined);
  const first = wall === undefined ? undefined : epochMs(wall, timeZone);
  if (first === undefined) throw new UsageError(`time.start is "${start}"; write it like "2012-03-01 00:00".`);
  if (['M', 'y'].includes(parseDuration(step)!.unit))
    throw new UsageError(`time.step is "${step}", which has no fixed length.`);
  const stepMs = durationMs(step);
  return (_cells, row) => first + row * stepMs;
}

function fromText(headers: string[], format: string, timeZone: string, find: ColumnFinder): TimeReader {
  const columns = headers.map(find);
  const parse = remembering(textParser(format, timeZone));
  return (cells) => parse(columns.map((column) => cells[column]!.trim()).join(' '));
}

function textParser(format: string, timeZone: string): (text: string) => number | undefined {
  if (format === 'rfc3339') return parseRfc3339;
  if (format === 'epochMs') return (text) => (/^\d{1,16}(\.\d+)?$/.test(text) ? Number(text) : undefined);
  if (format === 'epochSeconds') return (text) => (/^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) * 1000 : undefined);
  const read = wallTimeReader(format);
  if (read === undefined) {
    throw new UsageError(
      `time.format is "${format}"; write rfc3339, epochMs, epochSeconds, or year, month and day once each, like "yyyy-MM-dd HH:mm:ss".`,
    );
  }
  return (text) => {
    const wall = read(text);
    return wall === undefined ? undefined : epochMs(wall, timeZone);
  };
}

function fromSeveral(
  columns: NonNullable<Mapping['time']['columns']>,
  timeZone: string,
  find: ColumnFinder,
): TimeReader {
  const fields = Object.entries(columns).map(([field, header]) => [field, find(header)] as const);
  const parse = remembering((text) => {
    const numbers = text.split(' ');
    if (!numbers.every((number) => /^\d{1,4}$/.test(number))) return undefined;
    const wall = Object.fromEntries(fields.map(([field], i) => [field, Number(numbers[i])]));
    return epochMs(wall as unknown as WallTime, timeZone);
  });
  return (cells) => parse(fields.map(([, column]) => cells[column]!.trim()).join(' '));
}

function epochMs(wall: WallTime, timeZone: string): number | undefined {
  try {
    return wallTimeToEpochMs(wall, timeZone);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // 30 February: the row is at fault, not the reading of it
    throw error;
  }
}

/** Rows of several stations share their times, and calendar arithmetic is slow. */
function remembering(parse: (text: string) => number | undefined): (text: string) => number | undefined {
  const known = new Map<string, number | undefined>();
  return (text) => {
    if (known.has(text)) return known.get(text);
    if (known.size >= REMEMBERED) known.clear();
    const time = parse(text);
    known.set(text, time);
    return time;
  };
}
