import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SeriesDigests, type Series, type SeriesDigest } from '@seawall/model';
import { streamedChunks } from './streamed-chunks.ts';
import { readColumn } from './vectors.ts';

const MEMORY_LIMIT = '256MB';
/** So often others get their turn. */
const CHUNKS_AT_A_TIME = 8;

export interface DigestOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (readings: number) => void;
}

/**
 * Reads every reading of a database file that nobody has open, such as a copy, and counts and sums them by series. Takes
 * in what is in its write-ahead log first, so that the file alone is the database afterwards.
 * @returns series that have readings, ordered by domain, device, metric
 * @throws the engine's error if the file is no database, or damaged; the signal's reason
 */
export async function digestDatabase(path: string, options: DigestOptions = {}): Promise<readonly SeriesDigest[]> {
  const instance = await DuckDBInstance.create(path, {
    memory_limit: MEMORY_LIMIT,
    threads: '1',
    temp_directory: `${path}.tmp`,
    enable_external_access: 'false',
  });
  try {
    const connection = await instance.connect();
    await connection.run('CHECKPOINT');
    const digests = await digest(connection, options);
    const digested = (await seriesOf(connection)).map((series, id) => ({
      ...series,
      readings: digests.readings(id),
      checksum: digests.checksum(id),
    }));
    connection.disconnectSync();
    return digested.filter(({ readings }) => readings > 0).sort(byName);
  } finally {
    instance.closeSync();
  }
}

async function digest(connection: DuckDBConnection, { signal, onProgress }: DigestOptions): Promise<SeriesDigests> {
  const digests = new SeriesDigests();
  let read = 0;
  let chunks = 0;
  await connection.run('BEGIN');
  for (const table of await tablesOf(connection)) {
    const result = await connection.stream(`SELECT series, time, value FROM ${table}`);
    for await (const chunk of streamedChunks(connection, result)) {
      const series = readColumn<Uint32Array>(chunk, 0);
      const micros = readColumn<BigInt64Array>(chunk, 1);
      const value = readColumn<Float64Array>(chunk, 2);
      addAll(digests, series, micros, value);
      read += series.length;
      if (++chunks % CHUNKS_AT_A_TIME > 0) continue;
      signal?.throwIfAborted();
      onProgress?.(read);
    }
  }
  await connection.run('COMMIT');
  return digests;
}

function addAll(digests: SeriesDigests, series: Uint32Array, micros: BigInt64Array, value: Float64Array): void {
  // A BigInt a reading would cost more than everything else about it; Node's platforms here are little-endian.
  const halves = new Int32Array(micros.buffer, micros.byteOffset, micros.length * 2);
  for (let i = 0; i < series.length; i++) {
    digests.add(series[i]!, halves[2 * i + 1]! * 2 ** 32 + (halves[2 * i]! >>> 0), value[i]!);
  }
}

/** Those that hold readings; each reading lies in one of them. */
async function tablesOf(connection: DuckDBConnection): Promise<string[]> {
  const sql = "SELECT table_name FROM duckdb_tables() WHERE table_name IN ('raw', 'sealed')";
  return (await connection.runAndReadAll(sql)).getRows().map(([name]) => String(name));
}

async function seriesOf(connection: DuckDBConnection): Promise<Series[]> {
  const rows = (await connection.runAndReadAll('SELECT domain, device, metric FROM series ORDER BY id')).getRows();
  return rows.map(([domain, device, metric]) => ({
    domain: String(domain),
    device: String(device),
    metric: String(metric),
  }));
}

function byName(a: Series, b: Series): number {
  return compare(a.domain, b.domain) || compare(a.device, b.device) || compare(a.metric, b.metric);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
