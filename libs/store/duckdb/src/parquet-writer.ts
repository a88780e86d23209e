import { rm } from 'node:fs/promises';
import { BIGINT, DOUBLE, DuckDBInstance, UINTEGER, type DuckDBConnection } from '@duckdb/node-api';
import { microsOf, type Series } from '@seawall/model';
import { appendColumns } from './append-columns.ts';
import { bigIntColumn } from './micros.ts';

const MEMORY_LIMIT = '256MB';

/** A series as a file of readings names it. */
export interface UnitSeries extends Series {
  readonly unit: string | null;
}

/**
 * Writes readings into a Parquet file: `time` (timestamp in microseconds, UTC), `domain`, `device`, `metric`, `value`
 * (double), `unit`. They are gathered in a database beside it first, since the engine writes such a file from one query;
 * so memory stays the same however many there are.
 */
export class ParquetWriter {
  readonly #path: string;
  readonly #staging: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #numbers = new Map<UnitSeries, number>();

  /** @param path of the Parquet file; what is there is overwritten */
  static async open(path: string): Promise<ParquetWriter> {
    const staging = `${path}.duckdb`;
    await remove(staging);
    const instance = await openEngine(staging);
    const connection = await instance.connect();
    await connection.run(
      'CREATE TABLE series (id UINTEGER, domain VARCHAR, device VARCHAR, metric VARCHAR, unit VARCHAR); ' +
        'CREATE TABLE readings (series UINTEGER, time BIGINT, value DOUBLE)',
    );
    return new ParquetWriter(path, staging, instance, connection);
  }

  private constructor(path: string, staging: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#path = path;
    this.#staging = staging;
    this.#instance = instance;
    this.#connection = connection;
  }

  /** @param series the same object for the same series @param time epoch ms */
  async write(series: UnitSeries, time: Float64Array, value: Float64Array): Promise<void> {
    const id = this.#numbers.get(series) ?? (await this.#add(series));
    const columns = [new Uint32Array(time.length).fill(id), bigIntColumn(time.map(microsOf)), value];
    await appendColumns(this.#connection, 'readings', [UINTEGER, BIGINT, DOUBLE], columns);
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

  /** Writes the file, in the order in which the readings came. */
  async finish(): Promise<void> {
    const rows =
      'SELECT make_timestamp(time)::TIMESTAMPTZ AS time, domain, device, metric, value, unit ' +
      'FROM readings LEFT JOIN series ON readings.series = series.id';
    // The order holds along the left side of a join, if that side is not chosen to be looked up in.
    await this.#connection.run("SET disabled_optimizers = 'join_order,build_side_probe_side'");
    await this.#connection.run(`COPY (${rows}) TO ${quoted(this.#path)} (FORMAT PARQUET, COMPRESSION ZSTD)`);
    await this.close();
  }

  /** Takes away what it gathered; the file is there only after `finish`. */
  async close(): Promise<void> {
    this.#connection.disconnectSync();
    this.#instance.closeSync();
    await remove(this.#staging);
  }
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

async function remove(database: string): Promise<void> {
  for (const end of ['', '.wal', '.tmp']) await rm(database + end, { recursive: true, force: true });
}
