import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

export interface SqliteAnswer {
  readonly rows: unknown[];
  /** Of a statement that gives no rows: how many it changed. */
  readonly changes?: number;
}

type Told = SqliteAnswer | { readonly failure: string };

/** The thread: first it says that the database is open, or why not; then it answers statement by statement. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const tell = (work) => {
  try {
    parentPort.postMessage(work());
  } catch (error) {
    parentPort.postMessage({ failure: error.message });
  }
};
let database;
tell(() => {
  const Database = require(workerData.engine);
  database = new Database(workerData.path);
  for (const pragma of workerData.pragmas) database.exec('PRAGMA ' + pragma);
  return { rows: [] };
});
parentPort.on('message', (message) => {
  if (message === null) {
    database?.close();
    parentPort.close();
    return;
  }
  tell(() => {
    const statement = database.prepare(message.sql);
    if (statement.reader) return { rows: statement.all(message.parameters) };
    return { rows: [], changes: statement.run(message.parameters).changes };
  });
});
`;

/**
 * A database on a thread of its own: SQLite works, flushes and moves its write-ahead log on the thread that calls it, and
 * on the hub's every message would wait for that.
 */
export class SqliteThread {
  readonly #worker: Worker;
  /** Who waits for the answers to come, in order. */
  readonly #waiting: { resolve: (answer: SqliteAnswer) => void; reject: (error: Error) => void }[] = [];
  #ended: Error | undefined;

  /** @param pragmas said first @throws what SQLite says of the file */
  static async open(path: string, pragmas: readonly string[]): Promise<SqliteThread> {
    const engine = createRequire(import.meta.url).resolve('libsql');
    const thread = new SqliteThread(
      new Worker(THREAD, { eval: true, execArgv: [], workerData: { engine, path, pragmas } }),
    );
    try {
      await thread.#answer();
    } catch (error) {
      await thread.close();
      throw error;
    }
    return thread;
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (told: Told) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if ('failure' in told) reject(new Error(told.failure));
      else resolve(told);
    });
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end(new Error('The database is closed.')));
  }

  /** One statement; they are executed in the order of the calls. @throws what SQLite says of it */
  execute(sql: string, parameters: readonly unknown[]): Promise<SqliteAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#worker.postMessage({ sql, parameters });
    return this.#answer();
  }

  /** Resolves when the database is closed, after what was asked before. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage(null);
    await exited;
  }

  #answer(): Promise<SqliteAnswer> {
    return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}
