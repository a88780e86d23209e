import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBytes, noInfluxBecause, startInflux } from '@seawall/store-influx/testing';
import { skippedAloud } from '../../support/skipped-aloud.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { mustAgree } from './answers.ts';
import { askHub } from './ask-hub.ts';
import { askInfluxQl } from './ask-influx-ql.ts';
import { askStore } from './ask-store.ts';
import { StoreByHand, type ByHand } from './by-hand.ts';
import { CityReadings, DAY_MS } from './city-readings.ts';
import { DATABASE, loadInflux } from './load-influx.ts';
import { loadStore, type StoreLoaded } from './load-store.ts';
import { questions, subjectOf, type Question, type Subject } from './questions.ts';

export interface Asked {
  readonly name: string;
  readonly what: string;
  readonly hubMs: number;
  /** The store's port in one process with who asks; null for what is no query. */
  readonly storeMs: number | null;
  readonly source: string | null;
  readonly points: number;
  readonly byHandMs: number;
  /** By hand, but from readings alone. */
  readonly readingsMs: number;
  readonly statement: string;
  /** Null where InfluxDB is not installed. */
  readonly influxMs: number | null;
}

export interface Queries {
  readonly readings: number;
  readonly series: number;
  readonly loaded: StoreLoaded;
  /** An answer without any work: what HTTP itself takes. */
  readonly emptyMs: number;
  readonly asked: readonly Asked[];
  readonly bytesPerReading: number;
  readonly influx: { readonly version: string; readonly loadSeconds: number; readonly bytesPerReading: number } | null;
}

export interface QueriesOptions {
  readonly readings: number;
  /** A folder in which everything stays, and is used again; a temporary one unless given. */
  readonly keep: string | undefined;
}

/**
 * Six questions to a hub over HTTP, to its store and to its file by hand once it has stopped, and to InfluxDB with the same readings.
 * @throws Error if two of them answer differently
 */
export async function measureQueries({ readings, keep }: QueriesOptions): Promise<Queries> {
  const dir = keep ?? (await makeTempDir('bench-queries'));
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  try {
    return await measureIn(dir, () => new CityReadings(readings, today));
  } finally {
    if (keep === undefined) await removeTempDir(dir);
  }
}

async function measureIn(dir: string, city: () => CityReadings): Promise<Queries> {
  const dataDir = join(dir, 'hub');
  const { readings, perMinute } = city();
  const subject = subjectOf(city());
  const asking = questions(subject);
  const loaded = await loadOnce(dataDir, city);
  const hub = await askHub({ dataDir }, asking);
  const bytes = diskBytes(dataDir, (name) => name.startsWith('series.duckdb'));
  const storeMs = await askStore(join(dataDir, 'series.duckdb'), asking);
  const byHand = await askByHand(dataDir, city(), asking, subject);
  const influx = await askInflux(join(dir, 'influx'), city, asking);
  const asked = asking.map(({ name, what }, i) => {
    const { ms: hubMs, source, answer } = hub.answers[i]!;
    const { ms: byHandMs, readingsMs, statement } = byHand[i]!;
    mustAgree(name, answer, 'by hand', byHand[i]!.answer);
    if (influx !== null) mustAgree(name, answer, 'InfluxDB', influx.answers[i]!.answer);
    const influxMs = influx?.answers[i]!.ms ?? null;
    return {
      name,
      what,
      hubMs,
      storeMs: storeMs[i]!,
      source,
      points: answer.size,
      byHandMs,
      readingsMs,
      statement,
      influxMs,
    };
  });
  const { emptyMs } = hub;
  const beside = influx && {
    version: influx.version,
    loadSeconds: influx.loadSeconds,
    bytesPerReading: influx.bytes / readings,
  };
  return { readings, series: perMinute, loaded, emptyMs, asked, bytesPerReading: bytes / readings, influx: beside };
}

async function loadOnce(dataDir: string, city: () => CityReadings): Promise<StoreLoaded> {
  if (existsSync(dataDir)) return { writeSeconds: NaN, maintainSeconds: NaN };
  await mkdir(dataDir, { recursive: true });
  return loadStore(dataDir, city());
}

async function askByHand(dataDir: string, city: CityReadings, asking: readonly Question[], subject: Subject) {
  const store = await StoreByHand.open(join(dataDir, 'series.duckdb'), city);
  try {
    const answers: ByHand[] = [];
    for (const question of asking) answers.push(await store.measure(question, subject));
    return answers;
  } finally {
    store.close();
  }
}

async function askInflux(dir: string, city: () => CityReadings, asking: readonly Question[]) {
  const because = noInfluxBecause();
  if (because !== undefined) {
    skippedAloud('InfluxDB', because);
    return null;
  }
  const loadedBefore = existsSync(dir);
  const server = await startInflux(dir);
  try {
    const loadSeconds = loadedBefore ? NaN : await loadInflux(server, city());
    await server.settled();
    const answers = await askInfluxQl(server.url, DATABASE, asking);
    return { version: server.version, loadSeconds, bytes: server.bytes(), answers };
  } finally {
    await server.stop();
  }
}
