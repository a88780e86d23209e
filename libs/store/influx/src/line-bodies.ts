import { microsOf, type ReadingBatch, type Series } from '@seawall/model';
import type { Catalogue } from './catalogue.ts';
import type { DeviceLines, LineHeads, SeriesField } from './line-heads.ts';
import { floatText } from './line-protocol.ts';

/** What InfluxDB's makers advise, and what it took fastest here. */
const LINES_A_BODY = 5_000;
const FIRST_BYTES = 16_384;
const NEWLINE = 10;

/** Where a reading came from. */
export interface Origin {
  readonly seq: number;
  readonly batch: ReadingBatch;
}

/** A reading that was given to be written. */
export interface Given {
  readonly origin: Origin;
  /** Its place in the origin's batch. */
  readonly place: number;
}

export function seriesOf({ origin: { batch }, place }: Given): Series {
  return batch.series[batch.seriesIndex[place]!]!;
}

/**
 * Lines for one request, and for each which readings it holds: neighbours in one batch. They are kept as bytes, since
 * hundreds of thousands of short texts keep the garbage collector busier than making them does.
 */
export class Body {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #lines = 0;
  readonly #origins: Origin[] = [];
  readonly #first = new Uint32Array(LINES_A_BODY);
  readonly #count = new Uint32Array(LINES_A_BODY);

  /** @param first place of its readings, which are so many */
  add(line: string, origin: Origin, first: number, count: number): void {
    // A character takes three bytes at most, a pair of halves four.
    if (this.#length + 3 * line.length + 1 > this.#bytes.length) this.#grow(3 * line.length + 1);
    this.#length += this.#bytes.write(line, this.#length, 'utf8');
    this.#bytes[this.#length++] = NEWLINE;
    this.#origins.push(origin);
    this.#first[this.#lines] = first;
    this.#count[this.#lines++] = count;
  }

  #grow(bytes: number): void {
    const wider = Buffer.allocUnsafe(2 * this.#bytes.length + bytes);
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }

  get isEmpty(): boolean {
    return this.#lines === 0;
  }

  get isFull(): boolean {
    return this.#lines >= LINES_A_BODY;
  }

  /** The readings of each line. */
  given(): Given[][] {
    return this.#origins.map((origin, line) =>
      Array.from({ length: this.#count[line]! }, (_, i) => ({ origin, place: this.#first[line]! + i })),
    );
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length - 1);
  }
}

/** A reading that InfluxDB would refuse for what it has said of one like it. */
export interface LeftOut {
  readonly given: Given;
  readonly said: string;
}

export interface LineSource {
  readonly catalogue: Catalogue;
  readonly heads: LineHeads;
  readonly spansOf: Catalogue['spansOf'];
  /** What InfluxDB has against a series, which is then left out; undefined where it has nothing. */
  readonly refusalOf: (series: Series) => string | undefined;
  /**
   * Told of each reading that goes into a line: its series' number, and its event time in microseconds.
   * @returns whether the reading is later than all of its series before it
   */
  readonly onReading: (id: number, micros: number, value: number) => boolean;
}

/**
 * Makes lines of readings, in bodies: neighbours of one device and event time stand in one line, as its fields.
 */
export class LineBodies {
  readonly #source: LineSource;
  #open = new Body();
  #full: Body[] = [];
  readonly #leftOut: LeftOut[] = [];

  constructor(source: LineSource) {
    this.#source = source;
  }

  add(origin: Origin): void {
    const { catalogue, heads, spansOf, refusalOf, onReading } = this.#source;
    const { series, seriesIndex, eventTime, value, flags } = origin.batch;
    const ids = Uint32Array.from(series, (of) => catalogue.table.idOf(of));
    catalogue.latest.reserve(catalogue.table.size);
    const refusals = series.map(refusalOf);
    const fields = series.map((of, i) => (refusals[i] === undefined ? heads.fieldOf(ids[i]!, of, spansOf) : undefined));
    // The open line: its device, its moment, where its readings begin in the batch.
    let lines: DeviceLines | undefined;
    let [lineMicros, first, text] = [0, 0, ''];
    for (let i = 0; i < seriesIndex.length; i++) {
      const field = fields[seriesIndex[i]!];
      if (field === undefined) {
        this.#leftOut.push({ given: { origin, place: i }, said: refusals[seriesIndex[i]!]! });
        if (lines !== undefined) this.#close(lines, text, lineMicros, origin, first, i - first);
        lines = undefined;
        continue;
      }
      const id = ids[seriesIndex[i]!]!;
      const micros = microsOf(eventTime[i]!);
      const later = onReading(id, micros, value[i]!);
      if (flags[i] !== 0) catalogue.flagged.add(id);
      // A reading that may take the place of another takes that of its flags as well.
      const withFlags = flags[i] !== 0 || (!later && catalogue.flagged.has(id));
      const own = fieldsText(field, value[i]!, withFlags ? flags[i] : undefined);
      if (field.of === lines && micros === lineMicros && !stands(ids, seriesIndex, id, first, i)) {
        text += `,${own}`;
        continue;
      }
      if (lines !== undefined) this.#close(lines, text, lineMicros, origin, first, i - first);
      lines = field.of;
      [lineMicros, first, text] = [micros, i, own];
    }
    if (lines !== undefined) this.#close(lines, text, lineMicros, origin, first, seriesIndex.length - first);
  }

  #close(lines: DeviceLines, fields: string, micros: number, origin: Origin, first: number, count: number): void {
    this.#open.add(`${lines.headAt(micros)} ${fields} ${micros}`, origin, first, count);
    if (!this.#open.isFull) return;
    this.#full.push(this.#open);
    this.#open = new Body();
  }

  /** Bodies that have become full, in order. */
  takeFull(): readonly Body[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** The rest, full or not. */
  takeRest(): readonly Body[] {
    return [...this.takeFull(), ...(this.#open.isEmpty ? [] : [this.#open])];
  }

  /** Readings that stand in no line. */
  get leftOut(): readonly LeftOut[] {
    return this.#leftOut;
  }
}

/** Whether a series has a reading in a line already. */
function stands(ids: Uint32Array, seriesIndex: Uint32Array, id: number, first: number, end: number): boolean {
  for (let i = first; i < end; i++) if (ids[seriesIndex[i]!] === id) return true;
  return false;
}

/** The text of lines whose readings have stood in lines before: with fewer of them, or one alone. */
export function linesAgain({ catalogue, heads, spansOf }: LineSource, lines: readonly (readonly Given[])[]): string {
  const texts = lines.map((given) => {
    const fields = given.map((one) => {
      const [series, { batch }] = [seriesOf(one), one.origin];
      const id = catalogue.table.idOf(series);
      const flags = catalogue.flagged.has(id) ? batch.flags[one.place] : undefined;
      return fieldsText(heads.fieldOf(id, series, spansOf), batch.value[one.place]!, flags);
    });
    const [{ origin, place }] = given as readonly [Given];
    const series = seriesOf({ origin, place });
    const micros = microsOf(origin.batch.eventTime[place]!);
    const head = heads.fieldOf(catalogue.table.idOf(series), series, spansOf).of.headAt(micros);
    return `${head} ${fields.join(',')} ${micros}`;
  });
  return texts.join('\n');
}

function fieldsText(field: SeriesField, value: number, flags: number | undefined): string {
  const text = field.value + floatText(value);
  return flags === undefined ? text : `${text},${field.flags}${flags}`;
}
