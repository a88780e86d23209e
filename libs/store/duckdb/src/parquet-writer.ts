import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { BIGINT, DOUBLE, DuckDBInstance, UINTEGER, type DuckDBConnection } from '@duckdb/node-api';
import { microsOf, type Series } from '@seawall/model';
import { appendColumns } from './append-columns.ts';
import { engineRows } from './engine-rows.ts';
import { bigIntColumn, epochMsColumn } from './micros.ts';
import { streamedChunks } from './streamed-chunks.ts';
import { readColumn } from './vectors.ts';

const MEMORY_LIMIT = '256MB';

/** A series as a file of readings names it. */
export interface UnitSeries extends Series {
  readonly unit: string | null;
}

/** Readings that a writer has taken, of one series. */
export interface TakenReadings {
  readonly series: UnitSeries;
  /** Epoch ms, to the microsecond. */
  readonly time: Float64Array;
  readonly value: Float64Array;
}

/**
 * Writes readings into a Parquet file: `time` (timestamp in microseconds, UTC), `domain`, `device`, `metric`, `value`
 * (double), `unit`. They are gathered in a database beside it first, since the engine writes such a file from one query;
 * so memory stays the same however many there are, and what was gathered can be gone on with.
 */
export class ParquetWriter {
  readonly #path: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #numbers = new Map<UnitSeries, number>();
  /** Of what is taken until the next `keep`: from one to the next is one transaction. */
  #part: number;

  /** @param path of the Parquet file; what was gathered for it before is removed */
  static async open(path: string): Promise<ParquetWriter> {
    await ParquetWriter.discard(path);
    const instance = await openEngine(stagingOf(path));
    const connection = await instance.connect();
    await connection.run(
      'CREATE TABLE series (id UINTEGER, domain VARCHAR, device VARCHAR, metric VARCHAR, unit VARCHAR); ' +
        'CREATE TABLE readings (part UINTEGER, series UINTEGER, time BIGINT, value DOUBLE); BEGIN',
    );
    return new ParquetWriter(path, instance, connection, 1);
  }

  /**
   * Goes on where a writer was left.
   * @param kept as `keep` told it; what was taken after that is forgotten
   * @param knownAs the object by which `write` will name a series
   * @returns undefined if nothing is there
   */
  static async resume(
    path: string,
    kept: number,
    knownAs: (series: UnitSeries) => UnitSeries,
  ): Promise<ParquetWriter | undefined> {
    const staging = stagingOf(path);
    if (!existsSync(staging)) return undefined;
    const instance = await openEngine(staging);
    const connection = await instance.connect();
    const writer = new ParquetWriter(path, instance, connection, kept + 1);
    await connection.run(`BEGIN; DELETE FROM readings WHERE part > ${kept}`);
    type Row = [number, string, string, string, string | null];
    for (const [id, domain, device, metric, unit] of await engineRows<Row>(connection, 'FROM series ORDER BY id'))
      writer.#numbers.set(knownAs({ domain, device, metric, unit }), id);
    return writer;
  }

  /** Removes what a writer of this file has left behind. */
  static async discard(path: string): Promise<void> {
    for (const end of ['', '.wal', '.tmp']) await rm(stagingOf(path) + end, { recursive: true, force: true });
  }

  private constructor(path: string, instance: DuckDBInstance, connection: DuckDBConnection, part: number) {
    this.#path = path;
    this.#instance = instance;
    this.#connection = connection;
    this.#part = part;
  }

  /** All that it has taken so far, in that order. */
  async *taken(): AsyncGenerator<TakenReadings, void, void> {
    const series = [...this.#numbers.keys()];
    const result = await this.#connection.stream('SELECT series, time, value FROM readings');
    for await (const rows of streamedChunks(this.#connection, result)) {
      const id = readColumn<Uint32Array>(rows, 0);
      const time = epochMsColumn(readColumn<BigInt64Array>(rows, 1));
      const value = readColumn<Float64Array>(rows, 2).slice();
      for (let begin = 0, end = 0; begin < id.length; begin = end) {
        while (end < id.length && id[end] === id[begin]) end++;
        yield { series: series[id[begin]!]!, time: time.subarray(begin, end), value: value.subarray(begin, end) };
      }
    }
  }

  /** @param series the same object for the same series @param time epoch ms */
  async write(series: UnitSeries, time: Float64Array, value: Float64Array): Promise<void> {
    const id = this.#numbers.get(series) ?? (await this.#add(series));
    const same = (number: number) => new Uint32Array(time.length).fill(number);
    const columns = [same(this.#part), same(id), bigIntColumn(time.map(microsOf)), value];
    await appendColumns(this.#connection, 'readings', [UINTEGER, UINTEGER, BIGINT, DOUBLE], columns);
  }

  async #add(series: UnitSeries): Promise<number> {
    const id = this.#numbers.size;
    this.#numbers.set(series, id);
    const { domain, device, metric, unit } = series;
    const insert = await this.#connection.prepare('INSERT INTO series VALUES ($1, $2, $3, $4, $5)');
    insert.bindUInteger(1, id);
    [domain, device, metric].forEach((name, i) => insert.bindVarchar(i + 2, name));
    if (unit === null) insert.bindNull(5);
    else insert.bindVarchar(5, unit);
    await insert.run();
    insert.destroySync();
    return id;
  }

  /** Puts on disk what it has taken. @returns what `resume` needs to know of it */
  async keep(): Promise<number> {
    await this.#connection.run('COMMIT');
    await this.#connection.run('BEGIN');
    return this.#part++;
  }

  /** Writes the file, in the order in which the readings came. What it gathered is left for `discard`. */
  async finish(): Promise<void> {
    await this.#connection.run('COMMIT');
    const rows =
      'SELECT make_timestamp(time)::TIMESTAMPTZ AS time, domain, device, metric, value, unit ' +
      'FROM readings LEFT JOIN series ON readings.series = series.id';
    // The order holds along the left side of a join, if that side is not chosen to be looked up in.
    await this.#connection.run("SET disabled_optimizers = 'join_order,build_side_probe_side'");
    await this.#connection.run(`COPY (${rows}) TO ${quoted(this.#path)} (FORMAT PARQUET, COMPRESSION ZSTD)`);
    this.close();
  }

  /** Lets go of the engine. What it has gathered and kept stays there, for `resume` or `discard`. */
  close(): void {
    this.#connection.disconnectSync();
    this.#instance.closeSync();
  }
}

function stagingOf(path: string): string {
  return `${path}.duckdb`;
}

/** An engine of its own for one file of readings. @param path ":memory:", or where it may put what it gathers */
export function openEngine(path: string): Promise<DuckDBInstance> {
  return DuckDBInstance.create(path, {
    memory_limit: MEMORY_LIMIT,
    threads: '1',
    ...(path === ':memory:' ? {} : { temp_directory: `${path}.tmp` }),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
}

/** A text in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
