import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Alert } from '@seawall/model';
import type { EntryOf, JournalEntry } from '@seawall/ports';
import { setTimeout as sleep } from 'node:timers/promises';
import { pastTheLog } from '../support/hub-metrics.ts';
import { readJournal, transitionsIn } from '../support/journal-reader.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadReport } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { MqttRecorder } from '../support/mqtt-recorder.ts';
import { replayEngine } from '../support/replay-engine.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { acknowledgedReadings, countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const KILLS = process.env.SEAWALL_LONG === '1' ? 20 : 3;
const RATE = process.env.SEAWALL_LONG === '1' ? 8_000 : 4_000;
const SEED = Number(process.env.SEAWALL_SEED ?? 20_261_123);

const RULES = `
- id: flow-high
  severity: major
  when: { domain: utility, metric: flow, aggregate: mean, window: 10s, above: 700, clear: 400 }
  groupBy: [device]
- id: level-high
  severity: warning
  when: { domain: utility, metric: level, aggregate: max, window: 20s, every: 5s, above: 800, clear: 500, for: 10s, keepFiringFor: 10s }
  groupBy: [device]
- id: district-low
  severity: minor
  when: { domain: utility, metric: flow, aggregate: min, window: 5s, below: 150 }
  groupBy: [district]
- id: early-level
  severity: info
  when: { domain: utility, metric: level, aggregate: last, window: 30s, above: 900, early: true }
  groupBy: [device]
`;

const plan: LoadPlan = {
  run: 'crash',
  domain: 'utility',
  connections: 6,
  devicesPerConnection: 3,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 50,
};

/** Everything below looks at one run: a load, kills in the middle of it, a last orderly stop. */
let dataDir: string;
let run: HubUnderLoad;
let listener: MqttRecorder;
const heard: { readonly topic: string; readonly alert: Alert }[] = [];
let report: LoadReport;
let entries: JournalEntry[];
let decided: EntryOf<'transition'>[];
let seconds = 0;

beforeAll(
  async () => {
    dataDir = await makeTempDir('crash');
    run = new HubUnderLoad(plan, { dataDir, rules: { 'crash.yaml': RULES } }, 256);
    await run.start();
    const random = seededRandom(SEED);
    for (let kill = 0; kill < KILLS; kill++) await loadUntilKilled(800 + random() * 1_700);
    report = await loadUntilDrained();
    console.log(
      `${KILLS} kills with seed ${SEED}: ${report.acknowledgedCount} messages acknowledged in ${seconds.toFixed(1)} s under load, ` +
        `${Math.round(report.acknowledgedCount / seconds)} a second.`,
    );
  },
  60_000 + KILLS * 30_000,
);

afterAll(async () => {
  await run?.stop();
  await removeTempDir(dataDir);
});

/** A session of its own, kept by the hub: what is announced while it is away must wait for it. */
async function listen(): Promise<void> {
  listener = await MqttRecorder.start(run.hub.mqtt, ['city/alerts/#'], { clientId: 'listener', clean: false });
}

async function keepHeard(): Promise<void> {
  for (const { topic, payload } of listener.heard) {
    if (payload !== '') heard.push({ topic, alert: JSON.parse(payload) as Alert });
  }
  await listener.stop();
}

async function loadUntilKilled(afterMs: number): Promise<void> {
  await listen();
  await run.run(RATE);
  await sleep(afterMs); // the random moment
  await run.kill();
  seconds += afterMs / 1000;
  await keepHeard();
  await run.start();
}

async function loadUntilDrained(): Promise<LoadReport> {
  await listen();
  await run.run(RATE);
  await sleep(1_500);
  seconds += 1.5;
  return run.drained();
}

describe(`after ${KILLS} times SIGKILL under load`, () => {
  it('every acknowledged reading is stored exactly once, with its value', async () => {
    expect(report.failures).toBeGreaterThanOrEqual(KILLS * plan.connections);
    expect(report.sent.reduce((sum, n) => sum + n, 0)).toBe(report.acknowledgedCount);
    expect(await run.differences()).toEqual([]);
    expect(await countStored(run.hub.http, plan)).toBe(acknowledgedReadings(plan, report));
  }, 120_000);

  it('stops in order, and its journal has no gap', async () => {
    // A stop does not wait for what is still to be announced: that is left for the next start.
    await pastTheLog(run.hub.http, ['engine', 'notifier']);
    await listener.heardAllSoFar();
    const { code } = await run.hub.stop();
    expect(code).toBe(0);
    await keepHeard();
    entries = await readJournal(dataDir);
    decided = transitionsIn(entries);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
    expect(entries.every(({ stamp }, i) => i === 0 || stamp >= entries[i - 1]!.stamp)).toBe(true);
    expect(entries.filter(({ kind }) => kind === 'hub-start')).toHaveLength(KILLS + 1);
    expect(decided.length).toBeGreaterThan(KILLS * 10);
  }, 60_000);

  it('its transitions are those of the same journal read without interruption', () => {
    const replayed = replayEngine(entries);
    expect(decided.map(({ payload }) => payload)).toEqual(replayed.map(({ transition }) => transition));
    expect(decided.map(({ producer }) => producer)).toEqual(replayed.map(({ producer }) => producer));
  }, 60_000);

  it('other restarts of the engine at other places decide the same', () => {
    const random = seededRandom(SEED + 1);
    const places = new Set(Array.from({ length: 25 }, () => Math.floor(random() * entries.length)));
    const replayed = replayEngine(entries, (place) => places.has(place));
    expect(replayed.map(({ transition }) => transition)).toEqual(decided.map(({ payload }) => payload));
  }, 60_000);

  it('each alert goes through its revisions in order, one by one, under one id', () => {
    const revisions = new Map<string, number[]>();
    for (const { payload } of decided)
      revisions.set(payload.alert.id, [...(revisions.get(payload.alert.id) ?? []), payload.alert.revision]);
    for (const [id, numbers] of revisions) expect([id, numbers]).toEqual([id, numbers.map((_, i) => numbers[0]! + i)]);
    const firing = decided.filter(({ payload }) => payload.to === 'firing' && payload.from !== 'firing');
    const episodes = new Set(firing.map(({ payload }) => `${payload.alert.key} ${payload.alert.startsAt}`));
    expect(episodes.size).toBe(firing.length);
  });

  it('what was announced is what was decided: nothing under a new id, nothing left out', () => {
    const known = new Map(decided.map(({ payload }) => [`${payload.alert.id} ${payload.alert.revision}`, payload]));
    for (const { alert } of heard) {
      expect(known.get(`${alert.id} ${alert.revision}`)?.alert).toEqual(alert);
    }
    const announced = new Set(heard.map(({ alert }) => `${alert.id} ${alert.revision}`));
    const unheard = [...known].filter(
      ([name, { to }]) => (to === 'firing' || to === 'resolved') && !announced.has(name),
    );
    expect(unheard.map(([name, { because }]) => `${name}: ${because}`)).toEqual([]);
  });
});
