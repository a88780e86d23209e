import type { DeviceDescription } from '@seawall/model';
import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { messageOf, UsageError } from '../errors.ts';
import type { Mapping } from './mapping.ts';

type Source = string | number | { readonly column: string } | { readonly table: string };
/** The cell of the device's first row under a header. */
export type CellOf = (header: string) => string;

const MAX_TABLE_BYTES = 64_000_000;

/** Describes devices as a mapping says, from its constants, its table and their first rows. */
export class Describer {
  readonly #mapping: Mapping;
  readonly #rows: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Devices that the table does not know. */
  readonly strangers: string[] = [];

  /** @param folder where the table lies @throws UsageError if the table can't be read */
  static async load(mapping: Mapping, folder: string): Promise<Describer> {
    const { table } = mapping.describe;
    if (table === undefined) return new Describer(mapping, new Map());
    const rows = await readTable(`${folder}/${table.file}`, mapping.delimiter);
    for (const header of [table.key, ...tableHeaders(mapping)]) {
      if (rows.length > 0 && !(header in rows[0]!)) {
        throw new UsageError(
          `The table ${table.file} has no column "${header}"; it has ${Object.keys(rows[0]!).join(', ')}.`,
        );
      }
    }
    return new Describer(mapping, new Map(rows.map((row) => [row[table.key]!, row])));
  }

  private constructor(mapping: Mapping, rows: ReadonlyMap<string, Readonly<Record<string, string>>>) {
    this.#mapping = mapping;
    this.#rows = rows;
  }

  /** @param key the device as the recording names it */
  describe(key: string, cellOf: CellOf): DeviceDescription {
    const { table, name, type, district, site, location, interval, labels } = this.#mapping.describe;
    const row = this.#rows.get(key);
    if (table !== undefined && row === undefined) this.strangers.push(key);
    const value = (source: Source | undefined): string | undefined => {
      if (typeof source !== 'object') return source?.toString();
      const text = 'column' in source ? cellOf(source.column) : row?.[source.table];
      return text === '' ? undefined : text;
    };
    const ownLabels = Object.entries(labels ?? {}).flatMap(([label, source]) => {
      const text = value(source);
      return text === undefined ? [] : [[label, text] as const];
    });
    return dropUndefined({
      name: value(name),
      type: value(type),
      district: value(district),
      site: value(site),
      location: location && this.#location(key, value(location.lat), value(location.lon)),
      interval,
      labels: ownLabels.length === 0 ? undefined : Object.fromEntries(ownLabels),
      metrics: this.#metrics(key, cellOf),
    });
  }

  #location(key: string, lat: string | undefined, lon: string | undefined): { lat: number; lon: number } | undefined {
    if (lat === undefined || lon === undefined) return undefined;
    const at = { lat: Number(lat), lon: Number(lon) };
    if (Math.abs(at.lat) <= 90 && Math.abs(at.lon) <= 180) return at;
    throw new UsageError(`The location of ${key} is ${lat}, ${lon}, which is no latitude and longitude in degrees.`);
  }

  #metrics(key: string, cellOf: CellOf): DeviceDescription['metrics'] {
    const bound = (source: number | { readonly column: string } | undefined): number | undefined => {
      if (typeof source !== 'object') return source;
      const text = cellOf(source.column);
      if (this.#mapping.missing.includes(text)) return undefined;
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
      throw new UsageError(`The bound of ${key} in the column "${source.column}" is "${text}", which is not a number.`);
    };
    const metrics = Object.entries(this.#mapping.metrics);
    const described = metrics.map(([name, { unit, min, max, states }]) => [
      name,
      dropUndefined({ unit, min: bound(min), max: bound(max), states }),
    ]);
    return Object.fromEntries(described) as DeviceDescription['metrics'];
  }
}

async function readTable(file: string, delimiter: string): Promise<Record<string, string>[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`The table of devices ${file} can't be read: ${messageOf(error)}.`, { cause: error });
  });
  if (text.length > MAX_TABLE_BYTES) throw new UsageError(`The table of devices ${file} is larger than 64 MB.`);
  try {
    return parse(text, { bom: true, columns: true, delimiter, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw new UsageError(`The table of devices ${file} is not CSV: ${messageOf(error)}.`, { cause: error });
  }
}

function tableHeaders({ describe }: Mapping): string[] {
  const { name, type, district, site, location, labels = {} } = describe;
  const sources = [name, type, district, site, location?.lat, location?.lon, ...Object.values(labels)];
  return sources.flatMap((source) => (typeof source === 'object' && 'table' in source ? [source.table] : []));
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
