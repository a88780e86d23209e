import { topicNameFault, type DeviceDescription } from '@seawall/model';
import { UsageError } from '../errors.ts';
import type { CellOf, Describer } from './description.ts';
import type { Mapping } from './mapping.ts';
import { RowClock } from './row-clock.ts';
import type { Tally } from './tally.ts';
import { hasLocalTimes, timeReader, type TimeReader } from './time-reader.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;
const MAX_DEVICES = 100_000;

/** What one device measured at one time. */
export interface RecordedElement {
  readonly domain: string;
  readonly device: string;
  /** Epoch ms. */
  readonly ts: number;
  readonly values: Readonly<Record<string, number>>;
  readonly file: string;
  readonly line: number;
  /** With a device's first element only. */
  readonly description?: DeviceDescription;
}

/** What the files of one recording share while they are read. */
export interface Reading {
  readonly mapping: Mapping;
  readonly describer: Describer;
  readonly tally: Tally;
  /** Devices met so far, with the newest time of each of their metrics. */
  readonly met: Map<string, Map<string, number>>;
}

interface CellPlan {
  readonly column: number;
  readonly header: string;
  readonly metric: string;
  /** The number of each state, by its name. */
  readonly states: ReadonlyMap<string, number>;
  /** The device of a wide file's column. */
  readonly device?: string;
}

/** Turns the rows of one file into elements. */
export class RowReader {
  readonly #reading: Reading;
  readonly #file: string;
  readonly #headers: readonly string[];
  readonly #time: TimeReader;
  /** Undefined where times say by themselves which moment they mean. */
  readonly #clock: RowClock | undefined;
  readonly #cells: readonly CellPlan[];
  readonly #missing: ReadonlySet<string>;
  readonly #domain: (cells: readonly string[]) => string;
  readonly #device: (cells: readonly string[]) => string;
  #row = 0;

  /** @throws UsageError if the headers are not those the mapping names */
  constructor(reading: Reading, file: string, headers: readonly string[]) {
    this.#reading = reading;
    this.#file = file;
    this.#headers = headers;
    const { mapping } = reading;
    this.#time = timeReader(mapping, (header) => this.#find(header));
    this.#clock = hasLocalTimes(mapping) ? new RowClock(mapping.timeZone ?? 'UTC') : undefined;
    this.#cells = mapping.wide ? this.#wideCells() : this.#metricCells();
    this.#missing = new Set(mapping.missing);
    this.#domain = this.#textOf(mapping.domain);
    this.#device = this.#textOf(mapping.device ?? '');
    this.#refuseUnnamedColumns();
  }

  /** @param line where the row stands in the file, for whoever looks for a fault */
  read(cells: readonly string[], line: number): RecordedElement[] {
    const { tally, mapping } = this.#reading;
    const row = this.#row++;
    tally.rows++;
    if (cells.length !== this.#headers.length) {
      this.#reject('wrong-shape', line, `the row has ${cells.length} cells, the header ${this.#headers.length}`);
      return [];
    }
    const earlier = this.#time(cells, row);
    if (earlier === undefined) {
      this.#reject(
        'bad-time',
        line,
        `no time can be read from ${JSON.stringify(cells.slice(0, 6).join(mapping.delimiter))}`,
      );
      return [];
    }
    // The devices of a wide file live side by side, those of others may follow each other.
    const { ts, doubt } = this.#clock?.read(mapping.wide ? '' : this.#device(cells), earlier) ?? { ts: earlier };
    const { repeated } = tally;
    const elements = mapping.wide ? this.#readWide(cells, ts, line) : this.#readLong(cells, ts, line);
    if (doubt === 'back' || (doubt === 'again' && tally.repeated > repeated)) tally.doubt({ file: this.#file, line });
    return elements;
  }

  #readWide(cells: readonly string[], ts: number, line: number): RecordedElement[] {
    const elements: RecordedElement[] = [];
    for (const plan of this.#cells) {
      const value = this.#value(cells, plan, line);
      if (value === undefined) continue;
      const element = this.#element(cells, plan.device!, ts, { [plan.metric]: value }, line);
      if (element !== undefined) elements.push(element);
    }
    return elements;
  }

  #readLong(cells: readonly string[], ts: number, line: number): RecordedElement[] {
    const values: Record<string, number> = {};
    for (const plan of this.#cells) {
      const value = this.#value(cells, plan, line);
      if (value !== undefined) values[plan.metric] = value;
    }
    if (Object.keys(values).length === 0) return [];
    const element = this.#element(cells, this.#device(cells), ts, values, line);
    return element === undefined ? [] : [element];
  }

  #value(cells: readonly string[], { column, header, states }: CellPlan, line: number): number | undefined {
    const text = cells[column]!.trim();
    if (this.#missing.has(text)) {
      this.#reading.tally.missing++;
      return undefined;
    }
    const value = NUMBER.test(text) ? Number(text) : (states.get(text) ?? NaN);
    if (Number.isFinite(value)) return value;
    const what = states.size === 0 ? 'not a number' : `neither a number nor one of its states, ${namesOf(states)}`;
    this.#reject('not-a-number', line, `${header} is ${JSON.stringify(text.slice(0, 40))}, which is ${what}`);
    return undefined;
  }

  #element(
    cells: readonly string[],
    key: string,
    ts: number,
    values: Record<string, number>,
    line: number,
  ): RecordedElement | undefined {
    const { tally } = this.#reading;
    const device = encodeForbidden(key);
    const domain = this.#domain(cells);
    const fault = topicNameFault(device) ?? topicNameFault(domain);
    if (fault !== undefined) {
      this.#reject('bad-name', line, `the name of the device "${device}" or of the domain "${domain}" ${fault}`);
      return undefined;
    }
    const isNew = this.#isNew(device);
    this.#count(this.#reading.met.get(device)!, ts, values);
    tally.first = Math.min(tally.first, ts);
    tally.last = Math.max(tally.last, ts);
    const element = { domain, device, ts, values, file: this.#file, line };
    return isNew ? { ...element, description: this.#describe(key, cells) } : element;
  }

  #isNew(device: string): boolean {
    const { met } = this.#reading;
    if (met.has(device)) return false;
    if (met.size >= MAX_DEVICES)
      throw new UsageError(`The recording names more than ${MAX_DEVICES} devices; is the right column mapped?`);
    met.set(device, new Map());
    return true;
  }

  /** A row that comes twice in a file comes twice in a row, as far as was seen; more is not remembered. */
  #count(newest: Map<string, number>, ts: number, values: Readonly<Record<string, number>>): void {
    const { tally } = this.#reading;
    for (const metric of Object.keys(values)) {
      tally.readings++;
      if (newest.get(metric) === ts) tally.repeated++;
      newest.set(metric, ts);
    }
  }

  #describe(key: string, cells: readonly string[]): DeviceDescription {
    const cellOf: CellOf = (header) => cells[this.#find(header)]!.trim();
    return this.#reading.describer.describe(key, cellOf);
  }

  #reject(reason: 'wrong-shape' | 'bad-time' | 'not-a-number' | 'bad-name', line: number, detail: string): void {
    this.#reading.tally.reject(reason, { file: this.#file, line, detail });
  }

  #find(header: string): number {
    const column = this.#headers.indexOf(header);
    if (column >= 0) return column;
    const some = this.#headers.slice(0, 30).join(', ');
    throw new UsageError(
      `The mapping names the column "${header}", which ${this.#file} does not have; it has ${some}.`,
    );
  }

  #textOf(source: string | { readonly column: string }): (cells: readonly string[]) => string {
    if (typeof source === 'string') return () => source;
    const column = this.#find(source.column);
    return (cells) => cells[column]!.trim();
  }

  #metricCells(): CellPlan[] {
    const metrics = Object.entries(this.#reading.mapping.metrics);
    return metrics.map(([metric, { column, states }]) => {
      return { column: this.#find(column!), header: column!, metric, states: numbersOf(states) };
    });
  }

  #wideCells(): CellPlan[] {
    const [metric, fields] = Object.entries(this.#reading.mapping.metrics)[0]!;
    const states = numbersOf(fields.states);
    const named = this.#namedColumns();
    return this.#headers.flatMap((header, column) => {
      return named.has(header) ? [] : [{ column, header, metric, states, device: header }];
    });
  }

  /** Every header that the mapping names for something other than a device of a wide file. */
  #namedColumns(): Set<string> {
    const { time, domain, device, metrics, skip, describe } = this.#reading.mapping;
    const { name, type, district, site, location, labels = {} } = describe;
    const sources = [
      domain,
      device,
      name,
      type,
      district,
      site,
      location?.lat,
      location?.lon,
      ...Object.values(labels),
    ];
    return new Set([
      ...[time.column ?? []].flat(),
      ...Object.values(time.columns ?? {}),
      ...Object.values(metrics).flatMap(({ column, min, max }) => [
        ...(column === undefined ? [] : [column]),
        ...[min, max].flatMap((bound) => (typeof bound === 'object' ? [bound.column] : [])),
      ]),
      ...(skip === '*' ? [] : skip),
      ...sources.flatMap((source) => (typeof source === 'object' && 'column' in source ? [source.column] : [])),
    ]);
  }

  /** A column nobody thought of may be a reading that would be lost without a word. */
  #refuseUnnamedColumns(): void {
    const { wide, skip } = this.#reading.mapping;
    const named = this.#namedColumns();
    for (const header of named) this.#find(header);
    if (wide || skip === '*') return;
    const unnamed = this.#headers.filter((header) => !named.has(header));
    if (unnamed.length === 0) return;
    throw new UsageError(
      `${this.#file} has columns that the mapping does not name: ${unnamed.join(', ')}. Map them, or put them under skip.`,
    );
  }
}

function numbersOf(states: Readonly<Record<string, string>> = {}): ReadonlyMap<string, number> {
  return new Map(Object.entries(states).map(([number, name]) => [name, Number(number)]));
}

function namesOf(states: ReadonlyMap<string, number>): string {
  const names = [...states.keys()];
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
}

/** What a topic level can't hold is percent-encoded, as the contract says of foreign names. */
function encodeForbidden(name: string): string {
  return name.replace(/[/+#]|^\$/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
