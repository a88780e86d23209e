import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Labels, MetricDefinition } from '@seawall/model';
import { parseCursor, type Cursor } from '@seawall/ports';
import type { KeptSince } from '@seawall/query';
import { Background, type BetweenWrites } from './background.ts';
import { Catalogue, type ReadingTable } from './catalogue.ts';
import { engineRows } from './engine-rows.ts';
import { QueryConnections } from './query-connections.ts';
import { ensureSchema } from './schema.ts';
import { loadSealedDays } from './sealed-days.ts';
import type { DuckDbStoreSettings } from './settings.ts';
import { MINUTES, TIERS, type Tier } from './tiers.ts';
import { SUSPECT_TABLE } from './write-readings.ts';

/** An open database with what is held of it in memory. */
export interface Database {
  readonly instance: DuckDBInstance;
  /** The one that writes. */
  readonly writer: DuckDBConnection;
  readonly background: Background;
  readonly connections: QueryConnections;
  readonly catalogue: Catalogue;
  readonly cursor: Cursor;
}

/** @throws Error with a sentence when the file is in use, damaged or of another version */
export async function openDatabase(settings: DuckDbStoreSettings, betweenWrites: BetweenWrites): Promise<Database> {
  await mkdir(dirname(settings.path), { recursive: true });
  const instance = await openInstance(settings);
  try {
    const writer = await instance.connect();
    await ensureSchema(writer);
    await writer.run(SUSPECT_TABLE);
    await writer.run('SET lock_configuration = true');
    const background = new Background(await instance.connect(), betweenWrites);
    return { instance, writer, background, connections: new QueryConnections(instance), ...(await load(writer)) };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

async function openInstance({ path, memoryLimitMb, threads }: DuckDbStoreSettings): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(path, {
      memory_limit: `${memoryLimitMb}MB`,
      threads: String(threads),
      temp_directory: `${path}.tmp`,
      preserve_insertion_order: 'false',
      enable_external_access: 'false',
      // None of the engine's own: `DatabaseCopies` makes them.
      checkpoint_threshold: '1TB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (/lock/i.test(reason)) {
      throw new Error(
        `The series store ${path} is open in another process; stop that one, or use another data directory.`,
        { cause },
      );
    }
    throw new Error(`The series store ${path} can't be opened: ${reason}`, { cause });
  }
}

async function load(connection: DuckDBConnection): Promise<{ catalogue: Catalogue; cursor: Cursor }> {
  const catalogue = new Catalogue();
  for (const [domain, device, metric] of await engineRows<[string, string, string]>(
    connection,
    'SELECT domain, device, metric FROM series ORDER BY id',
  )) {
    catalogue.table.idOf({ domain, device, metric });
  }
  catalogue.storedSeries = catalogue.table.size;
  catalogue.latest.reserve(catalogue.table.size);
  await loadDescriptions(connection, catalogue);
  for (const table of ['sealed', 'raw'] as const) await loadReadings(connection, catalogue, table);
  await loadRollups(connection, catalogue);
  catalogue.sealedDays = await loadSealedDays(connection);
  catalogue.latest.commit();
  const [[text] = ['']] = await engineRows<[string]>(connection, 'SELECT cursor FROM state');
  const cursor = parseCursor(text);
  if (cursor === undefined) throw new Error(`The series store is damaged: its cursor is "${text}".`);
  return { catalogue, cursor };
}

async function loadReadings(connection: DuckDBConnection, catalogue: Catalogue, table: ReadingTable): Promise<void> {
  const latest = `SELECT series, max(time)::DOUBLE, arg_max(value, time), count(*)::DOUBLE, min(time)::DOUBLE FROM ${table} GROUP BY series`;
  for (const [id, micros, value, count, oldest] of await engineRows<[number, number, number, number, number]>(
    connection,
    latest,
  )) {
    catalogue.oldest = Math.min(catalogue.oldest, oldest);
    catalogue.latest.note(id, micros, value);
    catalogue.counts.add(id, count);
    catalogue.rows[table] += count;
    if (table === 'raw') catalogue.unsealed.widen(oldest, micros);
  }
}

async function loadRollups(connection: DuckDBConnection, catalogue: Catalogue): Promise<void> {
  const [[rolledTo, rollingTo, rolledSeries] = [0, 0, 0]] = await engineRows<[number, number, number]>(
    connection,
    'SELECT rolled_to, rolling_to, rolled_series FROM rolling',
  );
  catalogue.rolling = { rolledTo, rollingTo, rolledSeries };
  for (const [domain, tier, since] of await engineRows<[string, keyof KeptSince, number]>(
    connection,
    'SELECT domain, tier, since::DOUBLE FROM kept',
  ))
    catalogue.kept.set(domain, { ...catalogue.kept.get(domain), [tier]: since });
  for (const tier of TIERS) await loadTier(connection, catalogue, tier);
  const dense = `SELECT DISTINCT series FROM ${MINUTES.rollup}`;
  for (const [series] of await engineRows<[number]>(connection, dense)) catalogue.dense.add(series);
}

/** The latest reading of a series may be all that is left of it. */
async function loadTier(
  connection: DuckDBConnection,
  catalogue: Catalogue,
  { name, rollup, stepMicros }: Tier,
): Promise<void> {
  const [[growth, oldest, newest] = [0, null, null]] = await engineRows<[number, number | null, number | null]>(
    connection,
    `SELECT count(*)::DOUBLE, min(start)::DOUBLE, max(start)::DOUBLE FROM ${rollup}`,
  );
  catalogue.tiers[name].grow({ growth, oldest, newest });
  if (catalogue.kept.size === 0) return;
  const latest = `SELECT series, (max(start)::BIGINT * ${stepMicros} + arg_max(last_at, start))::DOUBLE, arg_max(last, start)
    FROM ${rollup} GROUP BY series`;
  for (const [id, micros, value] of await engineRows<[number, number, number]>(connection, latest))
    catalogue.latest.note(id, micros, value);
}

async function loadDescriptions(connection: DuckDBConnection, catalogue: Catalogue): Promise<void> {
  for (const [device, spans] of await engineRows<[string, string]>(
    connection,
    'SELECT key, content FROM label_history',
  )) {
    const stored = JSON.parse(spans) as [number | null, Labels][];
    catalogue.setSpans(
      device,
      stored.map(([from, labels]) => ({ from: from ?? -Infinity, labels })),
    );
  }
  for (const [definition] of await engineRows<[string]>(connection, 'SELECT content FROM metric')) {
    catalogue.setMetric(JSON.parse(definition) as MetricDefinition);
  }
}

/** Bytes of the database file and its write-ahead log. */
export async function bytesOnDisk(path: string): Promise<number> {
  const sizes = await Promise.all([path, `${path}.wal`].map(sizeOf));
  return sizes.reduce((a, b) => a + b, 0);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    // The log comes and goes with the checkpoints.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
