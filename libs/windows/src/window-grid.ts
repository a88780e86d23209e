import { gridOf, parseDuration, durationMs, type Grid } from '@seawall/calendar';

/** The most slices one window may be made of. */
export const MAX_SLICES_PER_WINDOW = 10_000;

const MEMO_SIZE = 1024;
/** One scope after the other asks for the slice that has begun, the one before, and the one that late readings may still reach. */
const SLICES_AT_HAND = 4;

/** The stretch of event time from one beginning of a window to the next; epoch ms, `[start, end)`. */
export interface Slice {
  readonly start: number;
  readonly end: number;
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

const grids = new Map<string, WindowGrid>();

/**
 * The grid of such windows: one for all who ask, since it remembers what the calendar said.
 * @throws RangeError if a duration is none, or the window no multiple of `every`
 */
export function windowGridOf(window: string, every: string, timeZone: string): WindowGrid {
  const key = JSON.stringify([window, every, timeZone]);
  const known = grids.get(key);
  if (known !== undefined) return known;
  const grid = new WindowGrid(window, every, timeZone);
  if (grids.size >= MEMO_SIZE) grids.clear();
  grids.set(key, grid);
  return grid;
}

/** Lays windows and slices over event time. A window is a fixed number of slices. */
export class WindowGrid {
  readonly slices: number;
  readonly #grid: Grid;
  readonly #windowEnds = new Map<number, number>();
  readonly #firstStarts = new Map<number, number>();
  /** The last first. */
  readonly #atHand: Slice[] = [];

  /** @throws RangeError if a duration is none, or the window no multiple of `every` */
  constructor(window: string, every: string, timeZone: string) {
    this.#grid = gridOf(every, timeZone);
    const slices = slicesPerWindow(window, every);
    if (slices === undefined) throw new RangeError(`A window of "${window}" is not a whole number of "${every}".`);
    this.slices = slices;
  }

  /** The slice that holds an event time. */
  sliceAt(eventTime: number): Slice {
    const atHand = this.#atHand;
    for (let i = 0; i < atHand.length; i++) {
      const slice = atHand[i]!;
      if (eventTime >= slice.start && eventTime < slice.end) return slice;
    }
    const start = this.#grid.floor(eventTime);
    const slice = { start, end: this.#grid.next(start) };
    this.#atHand.unshift(slice);
    if (this.#atHand.length > SLICES_AT_HAND) this.#atHand.pop();
    return slice;
  }

  /** Where the window that begins at `start` ends. */
  windowEnd(start: number): number {
    if (this.slices === 1) return this.sliceAt(start).end;
    return this.#windowEnds.get(start) ?? remember(this.#windowEnds, start, this.#step(start, this.slices, 'next'));
  }

  /** The beginning of the first window that holds the slice. */
  firstWindowStart(sliceStart: number): number {
    if (this.slices === 1) return sliceStart;
    const known = this.#firstStarts.get(sliceStart);
    return known ?? remember(this.#firstStarts, sliceStart, this.#step(sliceStart, this.slices - 1, 'previous'));
  }

  nextStart(start: number): number {
    return this.sliceAt(start).end;
  }

  #step(start: number, count: number, way: 'next' | 'previous'): number {
    let at = start;
    for (let i = 0; i < count; i++) at = this.#grid[way](at);
    return at;
  }
}

/** Every scope of a rule asks for the same few windows. */
function remember(memo: Map<number, number>, key: number, made: number): number {
  if (memo.size >= MEMO_SIZE) memo.clear();
  memo.set(key, made);
  return made;
}
