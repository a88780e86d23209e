import { compileWhere, seriesKey, type QueryChunk, type QueryPlan } from '@seawall/model';
import {
  cursorSeq,
  QueryTimeoutError,
  StoreUnavailableError,
  type Cursor,
  type Page,
  type PageRequest,
  type SeriesFilter,
  type SeriesStore,
  type SeriesSummary,
  type StoreChange,
} from '@seawall/ports';
import { AnswerBuffer } from './answer-buffer.ts';
import { bytesOnDisk, openDatabase, type Database } from './database.ts';
import { PreparedWrite } from './prepared-write.ts';
import { QueryGate } from './query-gate.ts';
import { runQuery } from './run-query.ts';
import { selectSeries } from './selection.ts';
import { settingsOf, type DuckDbStoreOptions, type DuckDbStoreSettings } from './settings.ts';
import { descriptionsOf, writeDescriptions, type Descriptions } from './write-descriptions.ts';
import { writeReadings } from './write-readings.ts';

/** @throws Error with a sentence when the file can't be opened: in use, damaged, of another version */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<SeriesStore> {
  const settings = settingsOf(options);
  return new DuckDbStore(settings, await openDatabase(settings));
}

class DuckDbStore implements SeriesStore {
  readonly #settings: DuckDbStoreSettings;
  readonly #gate: QueryGate;
  readonly #closing = new AbortController();
  readonly #queries = new Set<Promise<void>>();
  #database: Database;
  #cursor: Cursor;
  /** The end of the write before; writes follow each other. */
  #written: Promise<unknown> = Promise.resolve();
  /** The engine refuses all work after some failures, until it is opened anew. */
  #broken = false;
  #released = false;

  constructor(settings: DuckDbStoreSettings, database: Database) {
    this.#settings = settings;
    this.#gate = new QueryGate(settings.maxConcurrentQueries, settings.maxWaitingQueries);
    this.#database = database;
    this.#cursor = database.cursor;
  }

  cursor(): Cursor {
    return this.#cursor;
  }

  write(changes: readonly StoreChange[], cursor: Cursor): Promise<void> {
    const write = this.#written.then(() => this.#write(changes, cursor));
    this.#written = write.catch(() => undefined); // The caller has the failure; the next write is to run all the same.
    return write;
  }

  async #write(changes: readonly StoreChange[], cursor: Cursor): Promise<void> {
    this.#checkOpen();
    if (this.#broken) await this.#reopen();
    const writtenSeq = cursorSeq(this.#cursor);
    if (cursorSeq(cursor) <= writtenSeq) return;
    const { writer, catalogue } = this.#database;
    const readings = new PreparedWrite(catalogue, changes, writtenSeq);
    const descriptions = descriptionsOf(changes);
    try {
      await writer.run('BEGIN');
      const growth = await writeReadings(writer, readings);
      await writeDescriptions(writer, catalogue, descriptions);
      await writer.run(`UPDATE state SET cursor = '${cursorSeq(cursor)}'; COMMIT`);
      this.#note(growth, descriptions, cursor);
    } catch (cause) {
      await this.#rollBack();
      throw unavailable('The series store could not be written', cause);
    }
  }

  #note(growth: number, { spans, metrics }: Descriptions, cursor: Cursor): void {
    const { catalogue } = this.#database;
    catalogue.latest.commit();
    catalogue.readings += growth;
    catalogue.storedSeries = catalogue.table.size;
    for (const [device, history] of spans) catalogue.setSpans(device, history);
    for (const definition of metrics.values()) catalogue.setMetric(definition);
    this.#cursor = cursor;
  }

  /** Whatever the failure was, what is in the file decides: the database is read again before the next write. */
  async #rollBack(): Promise<void> {
    this.#broken = true;
    try {
      await this.#database.writer.run('ROLLBACK');
    } catch {
      // A failed commit has rolled back already, and the failure itself is on its way to the caller.
    }
  }

  async #reopen(): Promise<void> {
    await this.#release();
    try {
      this.#database = await openDatabase(this.#settings);
      this.#released = false;
    } catch (cause) {
      throw unavailable('The series store could not be opened again after a failure', cause);
    }
    this.#cursor = this.#database.cursor;
    this.#broken = false;
  }

  async *query(plan: QueryPlan, signal?: AbortSignal): AsyncGenerator<QueryChunk> {
    this.#checkOpen();
    const stop = new AbortController();
    const signals = AbortSignal.any([stop.signal, this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    const buffer = new AnswerBuffer();
    signals.addEventListener('abort', () => buffer.fail(signals.reason), { once: true });
    if (signals.aborted) buffer.fail(signals.reason);
    const answering = this.#answer(plan, buffer, stop, signals);
    this.#queries.add(answering);
    try {
      yield* buffer.chunks();
    } finally {
      // Whoever stops reading early stops the work.
      stop.abort();
      await answering;
      this.#queries.delete(answering);
    }
  }

  /** Fills the buffer; its failures reach the reader through the buffer. */
  async #answer(plan: QueryPlan, buffer: AnswerBuffer, stop: AbortController, signal: AbortSignal): Promise<void> {
    const { queryTimeoutMs } = this.#settings;
    const tooLong = `The query took longer than ${queryTimeoutMs / 1000} s; ask for a shorter range, fewer series or a longer step.`;
    const timer = setTimeout(() => stop.abort(new QueryTimeoutError(tooLong)), queryTimeoutMs);
    try {
      const leave = await this.#gate.enter(signal);
      try {
        await this.#fill(plan, buffer, signal);
      } finally {
        leave();
      }
      buffer.end();
    } catch (error) {
      buffer.fail(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #fill(plan: QueryPlan, buffer: AnswerBuffer, signal: AbortSignal): Promise<void> {
    const { instance, catalogue } = this.#database;
    if (this.#broken)
      throw new StoreUnavailableError('The series store is recovering from a failed write; try again in a moment.');
    const selection = selectSeries(catalogue, plan);
    const connection = await instance.connect();
    try {
      for await (const chunk of runQuery(connection, plan, selection, signal)) await buffer.push(chunk);
    } catch (error) {
      throw signal.aborted || error instanceof StoreUnavailableError ? error : unavailable('The query failed', error);
    } finally {
      connection.disconnectSync();
    }
  }

  async series(filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesSummary>> {
    const { catalogue } = this.#database;
    const metrics = filter.metrics && new Set(filter.metrics);
    const matches = compileWhere(filter.where ?? {});
    const items: SeriesSummary[] = [];
    for (const id of catalogue.orderedAfter(page.after === undefined ? undefined : fromOpaque(page.after))) {
      const series = catalogue.table.at(id);
      if (metrics?.has(series.metric) === false || !matches(series, catalogue.labelsNow(series.device))) continue;
      if (items.length === page.limit) return { items, next: toOpaque(seriesKey(items.at(-1)!)) };
      items.push(this.#summary(id));
    }
    return { items, next: null };
  }

  #summary(id: number): SeriesSummary {
    const { catalogue } = this.#database;
    const { domain, device, metric } = catalogue.table.at(id);
    const micros = catalogue.latest.micros(id);
    const latest = micros === -Infinity ? null : { time: micros / 1000, value: catalogue.latest.value(id) };
    return {
      domain,
      device,
      metric,
      unit: catalogue.unitOf({ domain, metric }),
      labels: catalogue.labelsNow(device),
      latest,
    };
  }

  async status(): Promise<{ readings: number; series: number; bytes: number }> {
    const { readings, storedSeries } = this.#database.catalogue;
    return { readings, series: storedSeries, bytes: await bytesOnDisk(this.#settings.path) };
  }

  /** Stops the queries, lets the write under way finish, and releases the file. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closedError());
    await this.#written;
    await this.#release();
  }

  /** Once every query is done with it. */
  async #release(): Promise<void> {
    await Promise.allSettled(this.#queries);
    if (this.#released) return;
    this.#released = true;
    this.#database.writer.disconnectSync();
    this.#database.instance.closeSync();
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closedError();
  }
}

/** Keys hold control characters, which have no place in an address. */
function toOpaque(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function fromOpaque(text: string): string {
  return Buffer.from(text, 'base64url').toString();
}

function closedError(): StoreUnavailableError {
  return new StoreUnavailableError('The series store is closed.');
}

function unavailable(what: string, cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
  return new StoreUnavailableError(`${what}: ${reason}`, { cause });
}
