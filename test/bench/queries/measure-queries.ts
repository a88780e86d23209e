import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBytes, noInfluxBecause, startInflux } from '@seawall/store-influx/testing';
import { skippedAloud } from '../../support/skipped-aloud.ts';
import { startHub } from '../../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { hubAnswer, hubSource, influxAnswer, mustAgree } from './answers.ts';
import { ask, mediansInTurn } from './ask.ts';
import { StoreByHand, type ByHand } from './by-hand.ts';
import { CityReadings, DAY_MS } from './city-readings.ts';
import { DATABASE, loadInflux } from './load-influx.ts';
import { loadStore, type StoreLoaded } from './load-store.ts';
import { putToHub } from './put-to-hub.ts';
import { putToInflux } from './put-to-influx.ts';
import { questions, subjectOf, type Question } from './questions.ts';

export interface Asked {
  readonly name: string;
  readonly what: string;
  readonly hubMs: number;
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
 * Six questions, in turn, to a hub over HTTP, to its file by hand, and to InfluxDB with the same readings.
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
  const loaded = await loadOnce(dataDir, city);
  const bytes = diskBytes(dataDir, (name) => name.startsWith('series.duckdb'));
  const influx = await openInflux(join(dir, 'influx'), city);
  try {
    const { asked, emptyMs } = await askAll(dataDir, influx?.server.url, city());
    const beside = influx && {
      version: influx.server.version,
      loadSeconds: influx.loadSeconds,
      bytesPerReading: influx.server.bytes() / readings,
    };
    return { readings, series: perMinute, loaded, emptyMs, asked, bytesPerReading: bytes / readings, influx: beside };
  } finally {
    await influx?.server.stop();
  }
}

async function loadOnce(dataDir: string, city: () => CityReadings): Promise<StoreLoaded> {
  if (existsSync(dataDir)) return { writeSeconds: NaN, maintainSeconds: NaN };
  await mkdir(dataDir, { recursive: true });
  return loadStore(dataDir, city());
}

async function openInflux(dir: string, city: () => CityReadings) {
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
    return { server, loadSeconds };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A hub has its file for itself, so statements by hand go to a copy of it. */
async function askAll(dataDir: string, influxUrl: string | undefined, city: CityReadings) {
  const copy = join(dataDir, '..', 'by-hand.duckdb');
  await copyFile(join(dataDir, 'series.duckdb'), copy);
  const store = await StoreByHand.open(copy, city);
  const hub = await startHub({ dataDir, readyTimeoutMs: 120_000 });
  try {
    const subject = subjectOf(city);
    const asked: Asked[] = [];
    for (const question of questions(subject)) {
      const influx = influxUrl === undefined ? undefined : putToInflux(influxUrl, DATABASE, question);
      asked.push(await askOne(question, putToHub(hub.http, question), await store.waysTo(question, subject), influx));
    }
    const [emptyMs] = await mediansInTurn([() => ask(`${hub.http}/healthz`)]);
    await hub.stop();
    return { asked, emptyMs: emptyMs! };
  } finally {
    if (hub.isRunning()) await hub.kill9();
    store.close();
    await rm(copy);
  }
}

/** @throws Error if two of them answer differently */
async function askOne(
  question: Question,
  hub: () => Promise<string>,
  byHand: readonly ByHand[],
  influx: (() => Promise<string>) | undefined,
): Promise<Asked> {
  const { name, what } = question;
  const text = await hub();
  const answer = hubAnswer(question, text);
  for (const { run, answerOf } of byHand) mustAgree(name, answer, 'by hand', answerOf(await run()));
  if (influx !== undefined) mustAgree(name, answer, 'InfluxDB', influxAnswer(question, await influx()));
  const ways = [hub, ...byHand.map(({ run }) => run), ...(influx === undefined ? [] : [influx])];
  const [hubMs, ...others] = await mediansInTurn(ways);
  const hands = byHand.map(({ sql, rollup }, i) => ({ sql, rollup, ms: others[i]! })).sort((a, b) => a.ms - b.ms);
  return {
    name,
    what,
    hubMs: hubMs!,
    source: hubSource(text),
    points: answer.size,
    byHandMs: hands[0]!.ms,
    readingsMs: hands.find(({ rollup }) => !rollup)!.ms,
    statement: hands[0]!.sql,
    influxMs: influx === undefined ? null : others.at(-1)!,
  };
}
