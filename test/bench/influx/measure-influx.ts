import { openLmdbJournal } from '@seawall/journal-lmdb';
import type { ReadingBatch } from '@seawall/model';
import { cursorAfter, KEEP_FOR_GOOD, type SeriesStore } from '@seawall/ports';
import { openInfluxStore } from '@seawall/store-influx';
import { noInfluxBecause, startInflux, type InfluxServer } from '@seawall/store-influx/testing';
import { join } from 'node:path';
import { pastTheLog } from '../../support/hub-metrics.ts';
import { skippedAloud } from '../../support/skipped-aloud.ts';
import { startHub } from '../../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { hubAnswer, hubSource, influxAnswer, mustAgree } from '../queries/answers.ts';
import { ask as request, mediansInTurn } from '../queries/ask.ts';
import { CityBatches, CityReadings, DAY_MS } from '../queries/city-readings.ts';
import { describeStations } from '../queries/describe-stations.ts';
import { loadInflux } from '../queries/load-influx.ts';
import { loadStore } from '../queries/load-store.ts';
import { putToHub } from '../queries/put-to-hub.ts';
import { putToInflux } from '../queries/put-to-influx.ts';
import { questions, subjectOf, type Question } from '../queries/questions.ts';

/** As the writer's largest writes are, and as the gateway's entries are under load. */
const READINGS_A_WRITE = 262_144;
const READINGS_AN_ENTRY = 2_000;
/** Of the hub on InfluxDB. */
const DATABASE = 'seawall';

export interface InfluxAsked {
  readonly name: string;
  readonly what: string;
  readonly hubMs: number;
  readonly source: string | null;
  /** The same InfluxQL, sent by hand to the same database. */
  readonly byHandMs: number;
  /** A hub on DuckDB with the same readings. */
  readonly duckDbMs: number;
  /** An answer of the hub on InfluxDB for which it does nothing, asked in turn with the others. */
  readonly emptyMs: number;
}

/** Values a second, all of which InfluxDB has confirmed. */
export interface InfluxWriting {
  /** Its client writing the same lines, and nothing around it. */
  readonly raw: number;
  /** The store's port, given what the writer gives it. */
  readonly port: number;
  /** A hub that has them in its log, until its writer is past them; its engine reads them too. */
  readonly hub: number;
  /** The port of the store on DuckDB. */
  readonly duckDb: number;
}

export interface InfluxMeasured {
  readonly version: string;
  readonly readings: number;
  readonly writing: InfluxWriting;
  readonly asked: readonly InfluxAsked[];
}

/**
 * The same readings written to an InfluxDB by its client, by the store's port and by a hub, and to DuckDB; then six
 * questions to a hub on each, and to InfluxDB by hand. Everything in one run on one server.
 * @throws Error if two of them answer differently
 */
export async function measureInflux(readings: number): Promise<InfluxMeasured | null> {
  const because = noInfluxBecause();
  if (because !== undefined) {
    skippedAloud('the store on InfluxDB', because);
    return null;
  }
  const dir = await makeTempDir('bench-influx');
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const server = await startInflux(join(dir, 'influx'));
  try {
    return await measureOn(server, dir, () => new CityReadings(readings, today));
  } finally {
    await server.stop();
    await removeTempDir(dir);
  }
}

async function measureOn(server: InfluxServer, dir: string, city: () => CityReadings): Promise<InfluxMeasured> {
  const { readings } = city();
  const generating = secondsToMake(city());
  const perSecond = (seconds: number) => readings / (seconds - generating);
  const raw = perSecond(await loadInflux(server, city()));
  await server.settled();
  const port = perSecond(await writeByPort(server, city()));
  await server.settled();
  const onInflux = {
    dataDir: join(dir, 'on-influx'),
    args: ['--store', 'influx', '--influx-url', server.url, '--influx-database', DATABASE],
  };
  await describeStations(onInflux, city());
  await fillJournal(onInflux.dataDir, city());
  const hub = readings / (await drainBacklog(onInflux));
  await rollUp(server);
  const onDuckDb = { dataDir: join(dir, 'on-duckdb') };
  const duckDb = perSecond((await loadStore(onDuckDb.dataDir, city())).writeSeconds);
  await server.settled();
  const asked = await ask(server, onInflux, onDuckDb, questions(subjectOf(city())));
  return { version: server.version, readings, writing: { raw, port, hub, duckDb }, asked };
}

function secondsToMake(city: CityReadings): number {
  const began = performance.now();
  while (city.next() !== undefined);
  return (performance.now() - began) / 1000;
}

async function writeByPort({ url }: InfluxServer, city: CityReadings): Promise<number> {
  const store = await openInfluxStore({ url, database: 'port' });
  try {
    await store.cursor();
    const began = performance.now();
    let seq = 0;
    for (const batch of batchesOf(city, READINGS_A_WRITE)) {
      seq++;
      await store.write([{ kind: 'readings', seq, batch }], cursorAfter({ partition: 0, seq }));
    }
    return (performance.now() - began) / 1000;
  } finally {
    await store.close();
  }
}

async function fillJournal(dataDir: string, city: CityReadings): Promise<void> {
  const journal = await openLmdbJournal({ path: join(dataDir, 'journal') });
  try {
    for (const batch of batchesOf(city, READINGS_AN_ENTRY))
      await journal.append([{ kind: 'readings', origin: 'live', payload: batch }]);
  } finally {
    await journal.close();
  }
}

/** @returns seconds from its readiness until its writer is past all that the log held then */
async function drainBacklog(options: Parameters<typeof startHub>[0]): Promise<number> {
  const hub = await startHub({ ...options, readyTimeoutMs: 120_000 });
  try {
    const began = performance.now();
    await pastTheLog(hub.http, ['writer'], 3_600_000);
    const seconds = (performance.now() - began) / 1000;
    await hub.stop();
    return seconds;
  } finally {
    if (hub.isRunning()) await hub.kill9();
  }
}

async function rollUp({ url }: InfluxServer): Promise<void> {
  const store: SeriesStore = await openInfluxStore({ url, database: DATABASE });
  try {
    while (await store.maintain({ now: Date.now(), retention: KEEP_FOR_GOOD }));
  } finally {
    await store.close();
  }
}

function* batchesOf(city: CityReadings, readings: number): Generator<ReadingBatch> {
  const batches = new CityBatches(city);
  const minutes = Math.max(1, Math.floor(readings / city.perMinute));
  for (let batch = batches.next(minutes); batch !== undefined; batch = batches.next(minutes)) yield batch;
}

async function ask(
  { url }: InfluxServer,
  onInflux: Parameters<typeof startHub>[0],
  onDuckDb: Parameters<typeof startHub>[0],
  asking: readonly Question[],
): Promise<InfluxAsked[]> {
  const hub = await startHub({ ...onInflux, readyTimeoutMs: 120_000 });
  const other = await startHub({ ...onDuckDb, readyTimeoutMs: 120_000 });
  try {
    const asked: InfluxAsked[] = [];
    for (const question of asking) {
      const ways = [
        putToHub(hub.http, question),
        putToInflux(url, DATABASE, question),
        putToHub(other.http, question),
        () => request(`${hub.http}/healthz`),
      ] as const;
      asked.push(await askOne(question, ways));
    }
    await hub.stop();
    await other.stop();
    return asked;
  } finally {
    for (const started of [hub, other]) if (started.isRunning()) await started.kill9();
  }
}

type Ask = () => Promise<string>;

/** @throws Error if two of them answer differently */
async function askOne(
  question: Question,
  ways: readonly [hub: Ask, byHand: Ask, duckDb: Ask, empty: Ask],
): Promise<InfluxAsked> {
  const { name, what } = question;
  const [hub, byHand, duckDb] = ways;
  const text = await hub();
  const answer = hubAnswer(question, text);
  mustAgree(name, answer, 'InfluxDB', influxAnswer(question, await byHand()));
  mustAgree(name, answer, 'the hub on DuckDB', hubAnswer(question, await duckDb()));
  const took = (await mediansInTurn(ways)) as [hub: number, byHand: number, duckDb: number, empty: number];
  const [hubMs, byHandMs, duckDbMs, emptyMs] = took;
  return { name, what, hubMs, source: hubSource(text), byHandMs, duckDbMs, emptyMs };
}
