import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';

/**
 * The chunks of a streamed result. For who fetches them, a stream in which the engine fails or is interrupted ends like one
 * that is finished; but the transaction is lost then. So once it has ended something else is asked for in it.
 * @param result of the connection's `stream`, in a transaction of its own that was begun with BEGIN
 * @throws Error where it has not come to its end; what the engine failed of it does not tell
 */
export async function* streamedChunks(
  connection: DuckDBConnection,
  result: DuckDBResult,
): AsyncGenerator<DuckDBDataChunk, void, void> {
  for (let rows = await result.fetchChunk(); rows !== null && rows.rowCount > 0; rows = await result.fetchChunk())
    yield rows;
  try {
    await connection.run('SELECT 0');
  } catch (cause) {
    throw new Error("The engine's answer broke off before its end.", { cause });
  }
}
