import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EntryOf, JournalEntry } from '@seawall/ports';
import { openDuckDbStore } from '@seawall/store-duckdb';
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillStore } from '../support/fill-store.ts';
import { pastTheLog } from '../support/hub-metrics.ts';
import { readJournal, transitionsIn } from '../support/journal-reader.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadReport } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { OldReadings } from '../support/old-readings.ts';
import { replayEngine } from '../support/replay-engine.ts';
import { compareRollups } from '../support/rollups-against-readings.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { acknowledgedReadings } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const KILLS = process.env.SEAWALL_LONG === '1' ? 20 : 2;
const SEED = Number(process.env.SEAWALL_SEED ?? 20_261_124);
const RATE = 2_000;
/** Two snapshots are no further apart. */
const LONGEST_SPACING_MS = 15_000;
/** So much to put in order, from 1.5 million on, and to roll up that it is not done when the last kill comes. */
const OLD_READINGS = 950_000 + KILLS * 100_000;
/** What the engine has read as well. */
const WINDOWED_READINGS = 400_000;

/** Long windows over what is old, so that the engine's state is large enough for a file of its own. */
const RULES = `
- id: level-of-a-day
  severity: warning
  when: { domain: recent, metric: level, aggregate: mean, window: 1d, every: 30m, above: 100.5, clear: 99.5 }
- id: flow-high
  severity: major
  when: { domain: utility, metric: flow, aggregate: mean, window: 10s, above: 700, clear: 400 }
`;

const plan: LoadPlan = {
  run: 'work',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 3,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 50,
};
const old = new OldReadings('archive', Date.parse('2026-04-01T00:00:00Z'), OLD_READINGS);
const recent = new OldReadings('recent', Date.parse('2026-05-03T00:00:00Z'), WINDOWED_READINGS);

/** Everything below looks at one run: a hub with much to do in the background, killed in the middle of it. */
let dataDir: string;
let run: HubUnderLoad;
let report: LoadReport;
let entries: JournalEntry[];
let decided: EntryOf<'transition'>[];
const random = seededRandom(SEED);

/** When to kill, in turn: each resolves at its moment. */
const MOMENTS: readonly (() => Promise<void>)[] = [whileSealing, whileSavingState];

beforeAll(
  async () => {
    dataDir = await makeTempDir('crash-work');
    // The rule comes first in the log, so that the engine takes what is old into its windows.
    run = new HubUnderLoad(plan, { dataDir, rules: { 'crash.yaml': RULES } }, 64);
    await run.start();
    await run.hub.stop();
    await fillStore(dataDir, old.batches());
    await fillStore(dataDir, recent.batches(), { journalled: true });
    for (let kill = 0; kill < KILLS; kill++) {
      await run.begin(RATE);
      await MOMENTS[kill % MOMENTS.length]!();
      await run.kill();
    }
    await run.begin(RATE);
    report = await run.drained();
    console.log(`${KILLS} kills with seed ${SEED}, ${report.acknowledgedCount} messages acknowledged.`);
  },
  120_000 + KILLS * 60_000,
);

afterAll(async () => {
  await run?.stop();
  await removeTempDir(dataDir);
});

/** There is work from the start on; nobody says where in it this falls. */
async function whileSealing(): Promise<void> {
  await sleep(100 + random() * 1_400);
}

/** A large state is a file of its own, which is made before the log names it. */
async function whileSavingState(): Promise<void> {
  const folder = join(dataDir, 'journal', 'states');
  await mkdir(folder, { recursive: true });
  const stop = new AbortController();
  const seen = new Promise<void>((resolve) => {
    watch(folder, { signal: stop.signal }, () => resolve());
  });
  await Promise.race([seen, sleep(LONGEST_SPACING_MS, undefined, { signal: stop.signal })]);
  await sleep(random() * 20);
  stop.abort();
}

describe(`after ${KILLS} times SIGKILL in the middle of background work`, () => {
  it('every acknowledged reading is stored exactly once, with its value', async () => {
    expect(await run.differences(120_000)).toEqual([]);
    await pastTheLog(run.hub.http, ['engine', 'notifier'], 60_000);
    expect((await run.hub.stop(30_000)).code).toBe(0);
  }, 240_000);

  it('its transitions are those of the same journal read without interruption', async () => {
    entries = await readJournal(dataDir);
    decided = transitionsIn(entries);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
    const replayed = replayEngine(entries);
    expect(decided.map(({ payload }) => payload)).toEqual(replayed.map(({ transition }) => transition));
    expect(decided.map(({ producer }) => producer)).toEqual(replayed.map(({ producer }) => producer));
    expect(decided.length).toBeGreaterThan(0);
  }, 60_000);

  it('what was put in order meanwhile is all there, once', async () => {
    const store = await openDuckDbStore({ path: join(dataDir, 'series.duckdb') });
    try {
      for (const readings of [old, recent]) expect(await readings.differencesIn(store)).toEqual([]);
      expect((await store.status()).readings).toBe(old.count + recent.count + acknowledgedReadings(plan, report));
    } finally {
      await store.close();
    }
  }, 60_000);

  it('each hour is what its readings come to', async () => {
    expect((await compareRollups(dataDir, ['1h'])).differences).toEqual([]);
  }, 240_000);
});
