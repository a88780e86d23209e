import { afterEach, beforeEach, expect } from '@jest/globals';
import { StoreUnavailableError, type Cursor, type SeriesStore } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openInfluxStore } from '../open-influx-store.ts';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts';
import { influxSuite, type SuiteServer } from './influx-suite.ts';

export const T0 = Date.UTC(2026, 2, 1);
export const at = (seq: number) => String(seq) as Cursor;

/** A store on a real InfluxDB, with a proxy between them that does to requests what it is told. */
export class FaultyStore {
  readonly #server: () => SuiteServer;
  proxy!: FaultyProxy;
  database!: string;
  store!: SeriesStore;

  constructor(server: () => SuiteServer) {
    this.#server = server;
  }

  get server(): SuiteServer {
    return this.#server();
  }

  async begin(): Promise<void> {
    this.proxy = await startFaultyProxy(this.server.url);
    this.database = this.server.newDatabase();
    await this.#open();
  }

  async end(): Promise<void> {
    await this.store.close();
    await this.proxy.close();
  }

  /** Closes the store and opens that of `database`, of which a request and a query may take so long. */
  async reopen(requestTimeoutMs?: number, queryTimeoutMs?: number): Promise<void> {
    await this.store.close();
    await this.#open(requestTimeoutMs, queryTimeoutMs);
  }

  async write(seq: number, ...readings: PlainReading[]): Promise<void> {
    await this.store.write([readingsChange(seq, readings)], at(seq));
  }

  /** What is stored, series by series. */
  async values(): Promise<unknown[]> {
    return (await collect(this.store.query(planOf({})))).map((series) => series.values['value']);
  }

  async #open(requestTimeoutMs = 30_000, queryTimeoutMs = 30_000): Promise<void> {
    const { proxy, database } = this;
    this.store = await openInfluxStore({ url: proxy.url, database, requestTimeoutMs, queryTimeoutMs });
  }
}

/** As `influxSuite`; each test has a store, a database and a proxy of its own. */
export function faultyInfluxSuite(body: (faulty: FaultyStore) => void): void {
  influxSuite((server) => {
    const faulty = new FaultyStore(server);
    beforeEach(() => faulty.begin());
    afterEach(() => faulty.end());
    body(faulty);
  });
}

/** @returns why the store could not do it */
export async function failure(promise: Promise<unknown>): Promise<StoreUnavailableError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreUnavailableError);
  return error as StoreUnavailableError;
}
