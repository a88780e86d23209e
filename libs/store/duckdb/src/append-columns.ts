import { DuckDBDataChunk, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import { setImmediate as turn } from 'node:timers/promises';
import { writeColumn, type FixedWidthColumn } from './vectors.ts';

/** The engine takes at most this many rows in a chunk. */
const ROWS_PER_CHUNK = 2048;
/** The engine takes rows in on this thread: so many for a few milliseconds, and others have their turn in between. */
const CHUNKS_A_TURN = 4;

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
    for (let begin = 0, chunks = 0; begin < length; begin += ROWS_PER_CHUNK, chunks++) {
      if (chunks > 0 && chunks % CHUNKS_A_TURN === 0) {
        appender.flushSync();
        await turn();
      }
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
