import { DuckDBDataChunk, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import { writeColumn, type FixedWidthColumn } from './vectors.ts';

/** The engine takes at most this many rows in a chunk. */
const ROWS_PER_CHUNK = 2048;

/** Appends parallel columns, none of them null, to a table; they take part in the connection's transaction. */
export async function appendColumns(
  connection: DuckDBConnection,
  table: string,
  types: readonly DuckDBType[],
  columns: readonly FixedWidthColumn[],
): Promise<void> {
  const length = columns[0]!.length;
  if (length === 0) return;
  const appender = await connection.createAppender(table);
  try {
    const chunk = DuckDBDataChunk.create(types);
    for (let begin = 0; begin < length; begin += ROWS_PER_CHUNK) {
      const end = Math.min(length, begin + ROWS_PER_CHUNK);
      chunk.reset();
      chunk.rowCount = end - begin;
      columns.forEach((column, i) => writeColumn(chunk, i, column.subarray(begin, end)));
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}
