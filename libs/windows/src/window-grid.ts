import { gridOf, isCalendarDuration, parseDuration, durationMs, type Grid } from '@seawall/calendar';

/** The most slices one window may be made of. */
export const MAX_SLICES_PER_WINDOW = 10_000;

const MEMO_SIZE = 1024;
const SEGMENT_CANDIDATES_MS = [300_000, 60_000];

/** A stretch of event time within one slice; epoch ms, `[start, end)`. */
export interface SegmentBounds {
  readonly start: number;
  readonly end: number;
  readonly sliceStart: number;
  readonly sliceEnd: number;
}

/**
 * How many times `every` goes into `window`, or undefined if that is no whole number. Days count 24 hours and weeks 7
 * days here: a window of "1d" every "1h" is 24 hourly slices, also on a day of 23 hours.
 * @param window, every durations
 */
export function slicesPerWindow(window: string, every: string): number | undefined {
  const [windowMonths, everyMonths] = [months(window), months(every)];
  if ((windowMonths === undefined) !== (everyMonths === undefined)) return undefined;
  const ratio = windowMonths === undefined ? durationMs(window) / durationMs(every) : windowMonths / everyMonths!;
  return Number.isInteger(ratio) ? ratio : undefined;
}

function months(text: string): number | undefined {
  const duration = parseDuration(text);
  if (duration?.unit === 'M') return duration.count;
  return duration?.unit === 'y' ? duration.count * 12 : undefined;
}

/**
 * Lays windows, slices and segments over event time. A slice lies between two beginnings of windows; a window is a
 * fixed number of slices. Long slices are cut into segments of five minutes (or one), which close one by one, so that
 * readings need not be kept for the length of a window. Segments never cross a slice's edge.
 */
export class WindowGrid {
  readonly slices: number;
  readonly #sliceGrid: Grid;
  readonly #segmentGrid: Grid | null;
  readonly #windowEnds = new Map<number, number>();
  readonly #firstStarts = new Map<number, number>();
  #latest: SegmentBounds = { start: 0, end: 0, sliceStart: 0, sliceEnd: 0 };

  /** @throws RangeError if a duration is none, or the window no multiple of `every` */
  constructor(window: string, every: string, timeZone: string) {
    this.#sliceGrid = gridOf(every, timeZone);
    const slices = slicesPerWindow(window, every);
    if (slices === undefined) throw new RangeError(`A window of "${window}" is not a whole number of "${every}".`);
    this.slices = slices;
    const step = segmentStep(every);
    this.#segmentGrid = step === undefined ? null : gridOf(step, timeZone);
  }

  /** The segment that holds an event time. One object for many readings, since they mostly come together. */
  segmentAt(eventTime: number): SegmentBounds {
    if (eventTime >= this.#latest.start && eventTime < this.#latest.end) return this.#latest;
    const sliceStart = this.#sliceGrid.floor(eventTime);
    const sliceEnd = this.#sliceGrid.next(sliceStart);
    const start = this.#segmentGrid === null ? sliceStart : this.#segmentGrid.floor(eventTime);
    const end = this.#segmentGrid === null ? sliceEnd : this.#segmentGrid.next(start);
    this.#latest = { start, end, sliceStart, sliceEnd };
    return this.#latest;
  }

  /** Where the window that begins at `start` ends. */
  windowEnd(start: number): number {
    return remember(this.#windowEnds, start, () => this.#step(start, this.slices, 'next'));
  }

  /** The beginning of the first window that holds the slice. */
  firstWindowStart(sliceStart: number): number {
    return remember(this.#firstStarts, sliceStart, () => this.#step(sliceStart, this.slices - 1, 'previous'));
  }

  nextStart(start: number): number {
    return this.#sliceGrid.next(start);
  }

  #step(start: number, count: number, way: 'next' | 'previous'): number {
    let at = start;
    for (let i = 0; i < count; i++) at = this.#sliceGrid[way](at);
    return at;
  }
}

/** Every scope of a rule asks for the same few windows. */
function remember(memo: Map<number, number>, key: number, make: () => number): number {
  const known = memo.get(key);
  if (known !== undefined) return known;
  if (memo.size >= MEMO_SIZE) memo.clear();
  const made = make();
  memo.set(key, made);
  return made;
}

/** The segments' length, or undefined where a slice is one segment. */
function segmentStep(every: string): string | undefined {
  const duration = parseDuration(every)!;
  if (isCalendarDuration(duration)) return `${SEGMENT_CANDIDATES_MS[0]}ms`;
  const everyMs = durationMs(every);
  const step = SEGMENT_CANDIDATES_MS.find((candidate) => everyMs > candidate && everyMs % candidate === 0);
  return step === undefined ? undefined : `${step}ms`;
}
