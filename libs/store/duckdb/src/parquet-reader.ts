import type { DuckDBDataChunk } from '@duckdb/node-api';
import { epochMsColumn } from './micros.ts';
import { openEngine, quoted } from './parquet-writer.ts';
import { streamedChunks } from './streamed-chunks.ts';
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

/** NaN for what is no reading: an error of the engine in the middle of a file would not tell which row it was. */
const VALUE = `coalesce(CASE WHEN time IS NULL OR domain IS NULL OR device IS NULL OR metric IS NULL OR NOT isfinite(try_cast(value AS DOUBLE))
  THEN NULL ELSE try_cast(value AS DOUBLE) END, 'nan'::DOUBLE)`;

/**
 * The rows of a Parquet file as `ParquetWriter` writes it, in their order.
 * @throws Error that names the first row that is no reading; the engine's error if the file is damaged or has other columns
 */
export async function* readParquet(path: string): AsyncGenerator<ParquetRows, void, void> {
  const instance = await openEngine(':memory:');
  try {
    const connection = await instance.connect();
    await connection.run('BEGIN');
    const result = await connection.stream(
      `SELECT domain::VARCHAR, device::VARCHAR, metric::VARCHAR, unit::VARCHAR, epoch_us(time)::BIGINT, ${VALUE} FROM read_parquet(${quoted(path)})`,
    );
    let before = 0;
    for await (const chunk of streamedChunks(connection, result)) {
      const rows = rowsOf(chunk);
      refuseNoReading(rows, before);
      before += rows.value.length;
      yield rows;
    }
    connection.disconnectSync();
  } finally {
    instance.closeSync();
  }
}

/** @param before how many rows came before these */
function refuseNoReading({ value }: ParquetRows, before: number): void {
  const at = value.findIndex(Number.isNaN);
  if (at < 0) return;
  throw new Error(
    `Row ${before + at + 1} has no time, domain, device or metric, or no finite number as its value; nothing after it was read.`,
  );
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
