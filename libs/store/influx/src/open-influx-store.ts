import { compileWhere, microsOf, seriesKey, type QueryChunk, type QueryPlan } from '@seawall/model';
import {
  BackupRefusedError,
  cursorSeq,
  othersTurn,
  StoreUnavailableError,
  type Cursor,
  type MaintenanceOptions,
  type OnRefused,
  type Page,
  type PageRequest,
  type SeriesFilter,
  type SeriesStore,
  type SeriesStoreStatus,
  type SeriesSummary,
  type StoreChange,
} from '@seawall/ports';
import { judgeAhead, selectSeries, type RememberedWhere } from '@seawall/query';
import type { Catalogue } from './catalogue.ts';
import { refuseForeign } from './foreign-store.ts';
import { InfluxConnection } from './influx-connection.ts';
import { KnownRefusals } from './known-refusals.ts';
import { MoveGate, movingError } from './move-gate.ts';
import { loadCatalogue } from './load-catalogue.ts';
import { LineHeads } from './line-heads.ts';
import { ReadingCounts } from './reading-counts.ts';
import { GaveWay, RowPiece } from './row-piece.ts';
import { Rollups } from './rollups.ts';
import { runQuery } from './run-query.ts';
import { Maintenance } from './maintenance.ts';
import { StatementError } from './read-rows.ts';
import { setUp } from './set-up.ts';
import { settingsOf, type InfluxStoreOptions } from './settings.ts';
import { loadState } from './store-state.ts';
import { statusOf } from './store-status.ts';
import { writeChanges, writeState } from './write-changes.ts';

/**
 * A store in an InfluxDB. Waits for no server: whatever needs one asks for it, and what must be remembered is read from it
 * when it is first needed.
 * @throws Error with a sentence when a setting is none
 */
export async function openInfluxStore(options: InfluxStoreOptions): Promise<SeriesStore> {
  const settings = settingsOf(options);
  return new InfluxStore(new InfluxConnection(settings), settings.queryTimeoutMs);
}

/** What is known of what InfluxDB holds, as long as every write succeeds. */
export interface Loaded {
  cursor: Cursor;
  readonly catalogue: Catalogue;
  readonly counts: ReadingCounts;
  readonly heads: LineHeads;
  /** Devices whose readings were being moved to other tags when a write failed. */
  readonly retagging: Set<string>;
  /** Domains whose measurements are kept from being forgotten. */
  readonly keptDomains: Set<string>;
  readonly rollups: Rollups;
  readonly gate: MoveGate;
  readonly sinceOpening: { expiredAtOnce: number };
}

/** A query that takes longer is broken off rather than that writing waits for it. */
const READERS_MS = 5_000;
const READ_AGAIN_MS = 60_000;

class InfluxStore implements SeriesStore {
  readonly #connection: InfluxConnection;
  readonly #maintenance = new Maintenance();
  readonly #known = new KnownRefusals(() => performance.now());
  #loading: Promise<Loaded> | undefined;
  #isSetUp = false;
  #readAgain = -Infinity;
  /** The end of the write before. */
  #written: Promise<unknown> = Promise.resolve();
  /** The end of the maintenance before, and of the status. */
  #maintained: Promise<unknown> = Promise.resolve();
  #told: Promise<unknown> = Promise.resolve();
  /** The background work that is under way; what is read anew meanwhile must know of it as well. */
  #piece: RowPiece | undefined;
  #closed = false;
  readonly #gate: MoveGate;
  readonly #sinceOpening = { expiredAtOnce: 0 };

  constructor(connection: InfluxConnection, queryTimeoutMs: number) {
    this.#connection = connection;
    this.#gate = new MoveGate({ readersMs: READERS_MS, movesMs: queryTimeoutMs });
  }

  async cursor(): Promise<Cursor> {
    return (await this.#loaded()).cursor;
  }

  write(changes: readonly StoreChange[], cursor: Cursor, onRefused?: OnRefused): Promise<void> {
    return this.#betweenWrites(() => this.#write(changes, cursor, onRefused));
  }

  #betweenWrites<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#written.then(work);
    this.#written = done.catch(() => undefined); // Whose work it is has the failure; the next goes on all the same.
    return done;
  }

  async #write(changes: readonly StoreChange[], cursor: Cursor, onRefused?: OnRefused): Promise<void> {
    const loaded = await this.#loaded();
    if (cursorSeq(cursor) <= cursorSeq(loaded.cursor)) return;
    try {
      const isRight = await writeChanges(this.#connection, loaded, this.#known, changes, cursor, onRefused);
      if (!isRight) this.#readAgainSoon();
    } catch (error) {
      // Part of it may be stored; what is there now, InfluxDB is to say, which must answer for that before the next write.
      this.#loading = undefined;
      throw error;
    }
  }

  /** At most once a minute, since readings that have expired may come in every write. */
  #readAgainSoon(): void {
    const now = performance.now();
    if (now < this.#readAgain + READ_AGAIN_MS) return;
    this.#readAgain = now;
    this.#loading = undefined;
  }

  /** Everything that InfluxDB remembers; read once, and again after a write that failed. */
  #loaded(): Promise<Loaded> {
    if (this.#closed) throw new StoreUnavailableError('The series store is closed.');
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<Loaded> {
    if (!this.#isSetUp) await setUp(this.#connection);
    this.#isSetUp = true;
    try {
      const state = await loadState(this.#connection);
      refuseForeign(this.#connection, state.log);
      const catalogue = await loadCatalogue(this.#connection, state);
      const counts = new ReadingCounts(state.counts);
      return {
        cursor: state.cursor,
        catalogue,
        counts,
        heads: new LineHeads(),
        retagging: new Set(state.retagging),
        keptDomains: new Set(),
        rollups: new Rollups(state, this.#piece),
        gate: this.#gate,
        sinceOpening: this.#sinceOpening,
      };
    } catch (error) {
      // Somebody may have dropped the database.
      this.#isSetUp = false;
      throw error;
    }
  }

  async *query(plan: QueryPlan, signal?: AbortSignal): AsyncGenerator<QueryChunk> {
    signal?.throwIfAborted();
    const stop = new AbortController();
    const give = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', give, { once: true });
    try {
      const { catalogue } = await this.#loaded();
      const where = await judgeAhead(catalogue, plan, () => othersTurn(stop.signal));
      const { asked, rollups, leave } = await this.#gate.enter(
        () => this.#loaded(),
        (loaded) => resolvedBy(loaded, plan, where),
        (reason) => stop.abort(reason),
        stop.signal,
      );
      try {
        yield* runQuery(this.#connection, asked, rollups, stop.signal);
      } finally {
        leave();
      }
    } finally {
      signal?.removeEventListener('abort', give);
    }
  }

  async series(filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesSummary>> {
    const { catalogue } = await this.#loaded();
    const metrics = filter.metrics && new Set(filter.metrics);
    const matches = compileWhere(filter.where ?? {});
    const items: SeriesSummary[] = [];
    for (const id of catalogue.orderedAfter(page.after === undefined ? undefined : fromOpaque(page.after))) {
      const series = catalogue.table.at(id);
      if (!catalogue.has(id)) continue;
      if (metrics?.has(series.metric) === false || filter.devices?.has(series.device) === false) continue;
      if (!matches(series, catalogue.labelsNow(series.device))) continue;
      if (items.length === page.limit) return { items, next: toOpaque(seriesKey(items.at(-1)!)) };
      items.push(summaryOf(catalogue, id));
    }
    return { items, next: null };
  }

  maintain(options: MaintenanceOptions, signal?: AbortSignal): Promise<boolean> {
    const piece = this.#maintained.then(() => this.#maintain(options, signal));
    this.#maintained = piece.catch(() => undefined); // The caller has the failure.
    return piece;
  }

  async #maintain(options: MaintenanceOptions, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    const loaded = await this.#loaded();
    const piece = (this.#piece = new RowPiece());
    loaded.rollups.piece = piece;
    const commit = (bodies: () => readonly (readonly string[])[], change: () => void) =>
      this.#commit(loaded, piece, bodies, change);
    try {
      return await this.#maintenance.piece({ ...options, connection: this.#connection, loaded, piece, signal, commit });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof GaveWay) return true;
      throw error instanceof StatementError ? this.#connection.refused(error) : error;
    } finally {
      loaded.rollups.piece = undefined;
    }
  }

  #commit(
    loaded: Loaded,
    piece: RowPiece,
    bodies: () => readonly (readonly string[])[],
    change: () => void,
  ): Promise<void> {
    return this.#betweenWrites(async () => {
      piece.check();
      // A write has failed meanwhile, and nothing is known any more.
      if (loaded !== (await this.#loading)) throw new GaveWay('What is stored is read anew.');
      try {
        for (const lines of bodies()) await writeState(this.#connection, lines);
      } catch (error) {
        this.#loading = undefined;
        throw error;
      }
      change();
    });
  }

  status(): Promise<SeriesStoreStatus> {
    // One after the other: two would count the same.
    const status = this.#told.then(async () => {
      return statusOf(this.#connection, await this.#loaded());
    });
    this.#told = status.catch(() => undefined); // The caller has the failure.
    return status;
  }

  async backup(): Promise<never> {
    throw new BackupRefusedError(
      'Readings are in InfluxDB, which makes its own backups: run "influxd backup" (InfluxDB 1) or "influx backup" (InfluxDB 2).',
    );
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
    await this.#written;
  }
}

/** What a plan asks for, and what of it is read. @throws StoreUnavailableError where nobody knows under which tags that stands */
function resolvedBy({ catalogue, rollups, retagging }: Loaded, plan: QueryPlan, where: RememberedWhere) {
  const selection = selectSeries(catalogue, plan, where);
  const domains = new Set(selection.groups.map(({ domain }) => domain));
  for (const device of retagging)
    if (catalogue.seriesOf(device).some((id) => domains.has(catalogue.table.at(id).domain))) throw movingError();
  const reads = { domains, from: microsOf(plan.from), to: microsOf(plan.to) };
  return { asked: { plan, selection, where, catalogue }, rollups, reads };
}

function summaryOf(catalogue: Catalogue, id: number): SeriesSummary {
  const { domain, device, metric } = catalogue.table.at(id);
  return {
    domain,
    device,
    metric,
    unit: catalogue.unitOf({ domain, metric }),
    labels: catalogue.labelsNow(device),
    latest: { time: catalogue.latest.micros(id) / 1000, value: catalogue.latest.value(id) },
  };
}

/** Keys hold control characters, which have no place in an address. */
function toOpaque(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function fromOpaque(text: string): string {
  return Buffer.from(text, 'base64url').toString();
}
