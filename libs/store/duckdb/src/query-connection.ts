import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';

/** A connection for queries, with the statements that were prepared on it. */
export class QueryConnection {
  readonly engine: DuckDBConnection;
  readonly #prepared = new Map<string, DuckDBPreparedStatement>();

  constructor(engine: DuckDBConnection) {
    this.engine = engine;
  }

  /** To read and plan a small statement takes the engine as long as to run it. @param sql one of a few texts, all else in parameters */
  async prepared(sql: string): Promise<DuckDBPreparedStatement> {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const prepared = await this.engine.prepare(sql);
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  /** What is prepared holds the database open. */
  disconnect(): void {
    for (const prepared of this.#prepared.values()) prepared.destroySync();
    this.#prepared.clear();
    this.engine.disconnectSync();
  }
}
