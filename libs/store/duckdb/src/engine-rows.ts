import type { DuckDBConnection } from '@duckdb/node-api';

/** The rows of a small answer. */
export async function engineRows<T extends unknown[]>(connection: DuckDBConnection, sql: string): Promise<T[]> {
  return (await connection.runAndReadAll(sql)).getRows() as T[];
}
