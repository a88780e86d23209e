import { microsOf, type ReadingBatch, type Series } from '@seawall/model';
import type { Catalogue } from './catalogue.ts';
import type { DeviceLines, LineHeads, SeriesField } from './line-heads.ts';
import { floatText } from './line-protocol.ts';

/** What InfluxDB's makers advise, and what it took fastest here. */
const LINES_A_BODY = 5_000;

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

/** Lines for one request, and for each which readings it holds. */
export class Body {
  readonly lines: string[] = [];
  /** Where the readings of each line begin in the two columns below; they end where those of the next begin. */
  readonly #begins: number[] = [];
  readonly #origins: Origin[] = [];
  readonly #places: number[] = [];

  /** Begins a line that ends with the text; what `hold` is told of until the next belongs to it. */
  begin(): void {
    this.#begins.push(this.#places.length);
  }

  hold(origin: Origin, place: number): void {
    this.#origins.push(origin);
    this.#places.push(place);
  }

  /** The readings of one line. */
  givenIn(line: number): Given[] {
    const [begin, end] = [this.#begins[line]!, this.#begins[line + 1] ?? this.#places.length];
    return this.#places.slice(begin, end).map((place, i) => ({ origin: this.#origins[begin + i]!, place }));
  }

  text(): string {
    return this.lines.join('\n');
  }
}

export interface LineSource {
  readonly catalogue: Catalogue;
  readonly heads: LineHeads;
  readonly spansOf: Catalogue['spansOf'];
  /** Whether a series must be left out. */
  readonly leavesOut: (series: Series) => boolean;
  /**
   * Told of each reading that goes into a line: its series' number, and its event time in microseconds.
   * @returns whether the reading is later than all of its series before it
   */
  readonly onReading: (id: number, micros: number, value: number) => boolean;
}

/**
 * Makes lines of readings, in bodies for each lane: neighbours of one device and event time stand in one line, as its
 * fields. What a device says stays in one lane, in the order of its coming.
 */
export class LineBodies {
  readonly #source: LineSource;
  /** By lane. */
  readonly #bodies: Body[][];
  readonly #leftOut: Given[] = [];
  #lines: DeviceLines | undefined;
  #body = new Body();
  #micros = NaN;
  #text = '';
  /** Series in the open line. */
  #ids: number[] = [];

  constructor(source: LineSource, lanes: number) {
    this.#source = source;
    this.#bodies = Array.from({ length: lanes }, () => [new Body()]);
  }

  add(origin: Origin): void {
    const { catalogue, heads, spansOf, leavesOut, onReading } = this.#source;
    const { series, seriesIndex, eventTime, value, flags } = origin.batch;
    const ids = Uint32Array.from(series, (of) => catalogue.table.idOf(of));
    catalogue.latest.reserve(catalogue.table.size);
    const fields = series.map((of, i) => (leavesOut(of) ? undefined : heads.fieldOf(ids[i]!, of, spansOf)));
    for (let i = 0; i < seriesIndex.length; i++) {
      const index = seriesIndex[i]!;
      const [id, field] = [ids[index]!, fields[index]];
      if (field === undefined) {
        this.#leftOut.push({ origin, place: i });
        continue;
      }
      const micros = microsOf(eventTime[i]!);
      if (field.of !== this.#lines || micros !== this.#micros || this.#ids.includes(id)) this.#open(field.of, micros);
      const later = onReading(id, micros, value[i]!);
      if (flags[i] !== 0) catalogue.flagged.add(id);
      // A reading that may take the place of another takes that of its flags as well.
      const withFlags = flags[i] !== 0 || (!later && catalogue.flagged.has(id));
      const text = fieldsText(field, value[i]!, withFlags ? flags[i] : undefined);
      this.#text = this.#ids.length === 0 ? text : `${this.#text},${text}`;
      this.#ids.push(id);
      this.#body.hold(origin, i);
    }
  }

  /** Bodies by lane, in order; and the readings that were left out. */
  take(): { readonly lanes: readonly (readonly Body[])[]; readonly leftOut: readonly Given[] } {
    this.#close();
    return {
      lanes: this.#bodies.map((bodies) => bodies.filter(({ lines }) => lines.length > 0)),
      leftOut: this.#leftOut,
    };
  }

  #open(lines: DeviceLines, micros: number): void {
    this.#close();
    this.#lines = lines;
    this.#micros = micros;
    const bodies = this.#bodies[lines.lane]!;
    if (bodies.at(-1)!.lines.length >= LINES_A_BODY) bodies.push(new Body());
    this.#body = bodies.at(-1)!;
    this.#body.begin();
  }

  #close(): void {
    if (this.#ids.length === 0) return;
    this.#body.lines.push(`${this.#lines!.headAt(this.#micros)} ${this.#text} ${this.#micros}`);
    this.#text = '';
    this.#ids = [];
  }
}

/** Lines of readings that have stood in lines before: fewer of them, or each in a line of its own. */
export function linesAgain(source: LineSource, lines: readonly (readonly Given[])[]): Body {
  const { catalogue, heads, spansOf } = source;
  const body = new Body();
  for (const given of lines) {
    if (given.length === 0) continue;
    body.begin();
    const texts = given.map(({ origin, place }) => {
      const id = catalogue.table.idOf(seriesOf({ origin, place }));
      const { value, flags } = origin.batch;
      const field = heads.fieldOf(id, seriesOf({ origin, place }), spansOf);
      body.hold(origin, place);
      return fieldsText(field, value[place]!, catalogue.flagged.has(id) ? flags[place] : undefined);
    });
    const [first] = given as readonly [Given];
    const micros = microsOf(first.origin.batch.eventTime[first.place]!);
    const { of } = heads.fieldOf(catalogue.table.idOf(seriesOf(first)), seriesOf(first), spansOf);
    body.lines.push(`${of.headAt(micros)} ${texts.join(',')} ${micros}`);
  }
  return body;
}

function fieldsText(field: SeriesField, value: number, flags: number | undefined): string {
  const text = field.value + floatText(value);
  return flags === undefined ? text : `${text},${field.flags}${flags}`;
}
