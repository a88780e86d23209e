import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/**
 * Connections for queries: each is lent to one query at a time, since an interrupt stops whatever runs on it. Making one
 * takes as long as a small answer, so one whose query ended well is lent again; the engine forgets a late interrupt when
 * the next statement begins.
 */
export class QueryConnections {
  readonly #instance: DuckDBInstance;
  readonly #idle: DuckDBConnection[] = [];
  readonly #rollingBack = new Set<Promise<void>>();

  constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  /** @param inTransaction for queries of which something would stay on the connection: it is rolled back, which nobody waits for */
  async lend(inTransaction: boolean, use: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
    const connection = this.#idle.pop() ?? (await this.#instance.connect());
    try {
      if (inTransaction) await connection.run('BEGIN');
      await use(connection);
    } catch (error) {
      // Who knows what is left on it.
      connection.disconnectSync();
      throw error;
    }
    if (inTransaction) this.#rollBack(connection);
    else this.#idle.push(connection);
  }

  #rollBack(connection: DuckDBConnection): void {
    const done = connection
      .run('ROLLBACK')
      .then(
        () => void this.#idle.push(connection),
        () => connection.disconnectSync(),
      )
      .finally(() => this.#rollingBack.delete(done));
    this.#rollingBack.add(done);
  }

  /** Once nobody has one of them. */
  async close(): Promise<void> {
    await Promise.all(this.#rollingBack);
    for (const connection of this.#idle.splice(0)) connection.disconnectSync();
  }
}
