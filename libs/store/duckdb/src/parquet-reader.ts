import type { DuckDBDataChunk } from '@duckdb/node-api';
import { epochMsColumn } from './micros.ts';
import { openEngine, quoted } from './parquet-writer.ts';
import { readColumn } from './vectors.ts';

/** Parallel columns of the rows of a file. */
export interface ParquetRows {
  readonly domain: readonly string[];
  readonly device: readonly string[];
  readonly metric: readonly string[];
  readonly unit: readonly (string | null)[];
  /** Epoch ms, to the microsecond. */
  readonly time: Float64Array;
  readonly value: Float64Array;
}

/** A column's values are read as they lie there, and where there is none, something lies there all the same. */
const VALUE = `CASE WHEN value IS NULL OR NOT isfinite(value::DOUBLE) OR time IS NULL OR domain IS NULL OR device IS NULL OR metric IS NULL
  THEN error('a row has no time, domain, device or metric, or no finite number as its value') ELSE value::DOUBLE END`;

/**
 * The rows of a Parquet file as `ParquetWriter` writes it, in their order.
 * @throws the engine's error if the file is damaged, has other columns, or a row that is no reading
 */
export async function* readParquet(path: string): AsyncGenerator<ParquetRows, void, void> {
  const instance = await openEngine(':memory:');
  try {
    const connection = await instance.connect();
    const result = await connection.stream(
      `SELECT domain::VARCHAR, device::VARCHAR, metric::VARCHAR, unit::VARCHAR, epoch_us(time)::BIGINT, ${VALUE} FROM read_parquet(${quoted(path)})`,
    );
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      yield rowsOf(chunk);
    }
    connection.disconnectSync();
  } finally {
    instance.closeSync();
  }
}

/** @returns how many rows the file says it has */
export async function countParquetRows(path: string): Promise<number> {
  const instance = await openEngine(':memory:');
  try {
    const connection = await instance.connect();
    const sql = `SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata(${quoted(path)})`;
    const rows = (await connection.runAndReadAll(sql)).getRows();
    connection.disconnectSync();
    return Number(rows[0]?.[0] ?? 0);
  } finally {
    instance.closeSync();
  }
}

function rowsOf(chunk: DuckDBDataChunk): ParquetRows {
  const texts = (column: number) => chunk.getColumnValues(column) as unknown as string[];
  return {
    domain: texts(0),
    device: texts(1),
    metric: texts(2),
    unit: texts(3),
    time: epochMsColumn(readColumn<BigInt64Array>(chunk, 4)),
    value: readColumn<Float64Array>(chunk, 5).slice(),
  };
}
