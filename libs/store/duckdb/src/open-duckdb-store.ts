import type { DuckDBConnection } from '@duckdb/node-api';
import { compileWhere, seriesKey, type QueryChunk, type QueryPlan } from '@seawall/model';
import {
  cursorSeq,
  QueryTimeoutError,
  othersTurn,
  StoreUnavailableError,
  type CopyOptions,
  type Cursor,
  type MaintenanceOptions,
  type Page,
  type PageRequest,
  type SeriesCopySummary,
  type SeriesFilter,
  type SeriesStore,
  type SeriesStoreStatus,
  type SeriesSummary,
  type StoreChange,
} from '@seawall/ports';
import {
  expiredReadings,
  judgeAhead,
  planTiers,
  type Selection,
  selectSeries,
  tellExpired,
  type TierPlan,
} from '@seawall/query';
import { AnswerBuffer } from './answer-buffer.ts';
import type { BetweenWrites } from './background.ts';
import { DatabaseCopies } from './database-copies.ts';
import { bytesOnDisk, openDatabase, type Database } from './database.ts';
import { expectsFew } from './few-readings.ts';
import { Maintenance } from './maintenance.ts';
import { PreparedWrite } from './prepared-write.ts';
import { QueryGate } from './query-gate.ts';
import { rangeRead } from './query-sql.ts';
import { needsTransaction, runQuery } from './run-query.ts';
import { settingsOf, type DuckDbStoreOptions, type DuckDbStoreSettings } from './settings.ts';
import { mayUseTiers, readTierView } from './tier-view.ts';
import { descriptionsOf, writeDescriptions, type Descriptions } from './write-descriptions.ts';
import { writeReadings, type WrittenRows } from './write-readings.ts';

/** @throws Error with a sentence when the file can't be opened: in use, damaged, of another version */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<SeriesStore> {
  const settings = settingsOf(options);
  const writes = new WriteQueue();
  return new DuckDbStore(settings, writes, await openDatabase(settings, writes.betweenWrites));
}

class DuckDbStore implements SeriesStore {
  readonly #settings: DuckDbStoreSettings;
  readonly #gate: QueryGate;
  readonly #closing = new AbortController();
  /** Those under way, by what stops them. */
  readonly #queries = new Map<AbortController, Promise<void>>();
  #database: Database;
  #cursor: Cursor;
  readonly #writes: WriteQueue;
  readonly #copies: DatabaseCopies;
  readonly #maintenance = new Maintenance();
  /** The end of the maintenance before. */
  #maintained: Promise<unknown> = Promise.resolve();
  /** The engine refuses all work after some failures, until it is opened anew. */
  #broken = false;
  #released = false;

  constructor(settings: DuckDbStoreSettings, writes: WriteQueue, database: Database) {
    this.#settings = settings;
    this.#writes = writes;
    this.#copies = new DatabaseCopies(settings.path, settings.checkpointBytes);
    this.#gate = new QueryGate(settings.maxConcurrentQueries, settings.maxWaitingQueries);
    this.#database = database;
    this.#cursor = database.cursor;
  }

  async cursor(): Promise<Cursor> {
    return this.#cursor;
  }

  write(changes: readonly StoreChange[], cursor: Cursor): Promise<void> {
    return this.#writes.betweenWrites(() => this.#write(changes, cursor));
  }

  async #write(changes: readonly StoreChange[], cursor: Cursor): Promise<void> {
    this.#checkOpen();
    if (this.#broken) await this.#reopen();
    const writtenSeq = cursorSeq(this.#cursor);
    if (cursorSeq(cursor) <= writtenSeq) return;
    const { writer, catalogue, background } = this.#database;
    const readings = new PreparedWrite(catalogue, changes, writtenSeq);
    const descriptions = descriptionsOf(changes);
    try {
      await writer.run('BEGIN');
      const grown = await writeReadings(writer, readings, background, catalogue.rolling.rollingTo);
      await writeDescriptions(writer, catalogue, descriptions);
      catalogue.unsealed.widen(grown.oldest, grown.newest);
      await writer.run(`UPDATE state SET cursor = '${cursorSeq(cursor)}'; COMMIT`);
      this.#note(grown, descriptions, cursor);
    } catch (cause) {
      await this.#rollBack();
      throw unavailable('The series store could not be written', cause);
    }
    await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    if (this.#broken || this.#released) return;
    try {
      await this.#copies.checkpoint(this.#database.writer);
    } catch {
      // What was written is on disk; the next write opens the database anew, or says why it can't.
      this.#broken = true;
    }
  }

  #note(grown: WrittenRows, { spans, metrics }: Descriptions, cursor: Cursor): void {
    const { catalogue } = this.#database;
    catalogue.latest.commit();
    catalogue.counts.commit();
    catalogue.rows.raw += grown.raw;
    catalogue.noteOldest(grown.oldest);
    catalogue.unsealed.widen(grown.oldest, grown.newest);
    catalogue.rows.sealed += grown.sealed;
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
      this.#database = await openDatabase(this.#settings, this.#writes.betweenWrites);
      this.#released = false;
    } catch (cause) {
      throw unavailable('The series store could not be opened again after a failure', cause);
    }
    this.#cursor = this.#database.cursor;
    this.#broken = false;
  }

  async *query(plan: QueryPlan, signal?: AbortSignal): AsyncGenerator<QueryChunk> {
    this.#checkOpen();
    signal?.throwIfAborted();
    // One for all that may stop it, by hand: `AbortSignal.any` takes eight times as long, which shows in small answers.
    const stop = new AbortController();
    const abort = () => stop.abort(signal!.reason);
    signal?.addEventListener('abort', abort);
    const buffer = new AnswerBuffer();
    stop.signal.addEventListener('abort', () => buffer.fail(stop.signal.reason), { once: true });
    const answering = this.#answer(plan, buffer, stop);
    this.#queries.set(stop, answering);
    try {
      yield* buffer.chunks();
    } finally {
      if (!buffer.ended) stop.abort(new Error('Whoever asked has stopped reading.'));
      await answering;
      this.#queries.delete(stop);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Fills the buffer; its failures reach the reader through the buffer. */
  async #answer(plan: QueryPlan, buffer: AnswerBuffer, stop: AbortController): Promise<void> {
    const { queryTimeoutMs } = this.#settings;
    const { signal } = stop;
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
    const { connections, catalogue } = this.#database;
    if (this.#broken)
      throw new StoreUnavailableError('The series store is recovering from a failed write; try again in a moment.');
    const where = await judgeAhead(catalogue, plan, () => othersTurn(signal));
    const selection = selectSeries(catalogue, plan, where);
    if (selection.series.length === 0) return;
    const unsealed = catalogue.unsealed.watch(rangeRead(plan));
    try {
      const tiered = mayUseTiers(plan, selection, catalogue);
      const few = !tiered && expectsFew(plan, selection, catalogue, this.#settings.fewReadings);
      const inTransaction = tiered || needsTransaction(plan, selection);
      await connections.lend(inTransaction, async (connection) => {
        const tiers = tiered ? await this.#planTiers(connection, plan, selection) : undefined;
        const query = { plan, selection, unsealed, few: few ? this.#settings.fewReadings : 0, ...(tiers && { tiers }) };
        const expired = tiers?.expired ?? expiredReadings(plan, selection, catalogue.kept);
        const chunks = tellExpired(plan, selection, expired, runQuery(connection, query, signal));
        for await (const chunk of chunks) await buffer.push(chunk);
      });
    } catch (error) {
      throw signal.aborted || error instanceof StoreUnavailableError ? error : unavailable('The query failed', error);
    } finally {
      unsealed.end();
    }
  }

  /** Within the transaction in which the answer will be, so that both see the same. @returns undefined where readings answer alone */
  async #planTiers(connection: DuckDBConnection, plan: QueryPlan, selection: Selection): Promise<TierPlan | undefined> {
    const { catalogue } = this.#database;
    const tiers = planTiers(plan, selection, await readTierView(connection, plan, selection, catalogue));
    return tiers.source === 'raw' && catalogue.kept.size === 0 ? undefined : tiers;
  }

  async series(filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesSummary>> {
    const { catalogue } = this.#database;
    const metrics = filter.metrics && new Set(filter.metrics);
    const matches = compileWhere(filter.where ?? {});
    // A hundred thousand look-ups of labels are most of the time that a condition without labels takes.
    const byLabels = Object.keys(filter.where ?? {}).some((key) => key !== 'domain' && key !== 'device');
    const items: SeriesSummary[] = [];
    for (const id of catalogue.orderedAfter(page.after === undefined ? undefined : fromOpaque(page.after))) {
      const series = catalogue.table.at(id);
      if (catalogue.latest.micros(id) === -Infinity) continue; // nothing is left of it
      if (metrics?.has(series.metric) === false || filter.devices?.has(series.device) === false) continue;
      if (!matches(series, byLabels ? catalogue.labelsNow(series.device) : {})) continue;
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

  maintain(options: MaintenanceOptions, signal?: AbortSignal): Promise<boolean> {
    const piece = this.#maintained.then(() => this.#maintain(options, signal));
    this.#maintained = piece.catch(() => undefined); // The caller has the failure.
    return piece;
  }

  async #maintain(options: MaintenanceOptions, signal?: AbortSignal): Promise<boolean> {
    this.#checkOpen();
    signal?.throwIfAborted();
    if (this.#broken || (await this.#copies.holdUp())) return true;
    const { background, catalogue } = this.#database;
    const { runRows } = this.#settings;
    const stop = AbortSignal.any([
      this.#closing.signal,
      background.abandoned,
      ...(signal === undefined ? [] : [signal]),
    ]);
    try {
      const more = await this.#maintenance.piece({ ...options, background, catalogue, runRows, signal: stop });
      // What it takes out stays in the engine's memory until then.
      if (more) await background.betweenWrites(() => this.#checkpoint());
      return more;
    } catch (cause) {
      if (background.abandoned.aborted) return true;
      stop.throwIfAborted();
      throw unavailable('The series store could not be kept in order', cause);
    }
  }

  async status(): Promise<SeriesStoreStatus> {
    const { counts, rows } = this.#database.catalogue;
    const readings = rows.raw + rows.sealed;
    return {
      readings,
      series: counts.series,
      bytes: await bytesOnDisk(this.#settings.path),
      domains: this.#database.catalogue.readingsByDomain(),
      unsealed: rows.raw,
      tiers: {
        raw: { rows: readings, ...this.#readingsBetween() },
        '1m': this.#database.catalogue.tiers['1m'].status(),
        '1h': this.#database.catalogue.tiers['1h'].status(),
      },
    };
  }

  #readingsBetween(): { oldest: number | null; newest: number | null } {
    const { counts, latest, oldest, storedSeries } = this.#database.catalogue;
    let newest = -Infinity;
    for (let id = 0; id < storedSeries; id++) if (counts.of(id) > 0) newest = Math.max(newest, latest.micros(id));
    return newest === -Infinity ? { oldest: null, newest: null } : { oldest: oldest / 1000, newest: newest / 1000 };
  }

  async backup(path: string, options: CopyOptions = {}): Promise<SeriesCopySummary> {
    this.#checkOpen();
    const stored = () => {
      const { catalogue } = this.#database;
      return { all: catalogue.stored(), counts: catalogue.counts.copy(catalogue.storedSeries) };
    };
    const { bytes, noted } = await this.#copies.copy(path, this.#writes.betweenWrites, stored, options);
    const series = noted.all
      .slice(0, noted.counts.length)
      .map((of, id) => ({ ...of, readings: noted.counts[id]! }))
      .filter(({ readings }) => readings > 0);
    return { bytes, series, readings: series.reduce((sum, { readings }) => sum + readings, 0) };
  }

  /** Stops the queries, lets the write under way finish, and releases the file. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closedError());
    for (const stop of this.#queries.keys()) stop.abort(this.#closing.signal.reason);
    await this.#writes.betweenWrites(() => this.#release());
  }

  /** Once every query is done with it. */
  async #release(): Promise<void> {
    await Promise.allSettled(this.#queries.values());
    if (this.#released) return;
    this.#released = true;
    await this.#copies.end(new StoreUnavailableError('The series store was closed while it was copied.'));
    await this.#database.background.abandon(this.#maintained);
    await this.#database.connections.close();
    this.#database.writer.disconnectSync();
    this.#database.instance.closeSync();
    await this.#copies.released();
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closedError();
  }
}

/** Writes and what goes between them, one after the other. */
class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();

  readonly betweenWrites: BetweenWrites = (work) => {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined); // Whose work it is has the failure; the next runs all the same.
    return done;
  };
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
