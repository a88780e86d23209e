import { setTimeout as sleep } from 'node:timers/promises';
import { latencyOf, LoadGenerator } from '../support/load-generator.ts';
import { mebibytes } from '../support/process-memory.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { caughtUp, HubWatch, type Look } from './hub-watch.ts';
import { cityPlan, CITY_RULES, describeDevices, DEVICES } from './hundred-thousand-plan.ts';
import { measurePublishToQueryable, type PublishToQueryable } from './publish-to-queryable.ts';
import { median, quantile } from './statistics.ts';

export interface HundredThousand {
  readonly devices: number;
  readonly describedPerSecond: number;
  readonly filledMinutes: number;
  /** The time before, which fills the windows: how many times as fast as the clock it went. */
  readonly filledAtSpeed: number;
  readonly steadySeconds: number;
  readonly messagesPerSecond: number;
  /** How far the load was behind its rate at most, because the hub or the generator itself was late. */
  readonly loadOwedMaxMs: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly queryable: PublishToQueryable;
  readonly residentAtStartMiB: number;
  /** Of the steady part: its first and its last third, whose difference is growth. */
  readonly residentMiB: readonly [first: number, last: number];
  readonly filePagesMiB: number | null;
  /** By role: the median of the steady part's first and last third, and its greatest. */
  readonly lagMs: Readonly<Record<string, Lag>>;
  readonly lagEntries: Readonly<Record<string, Lag>>;
  /** Share of one core. */
  readonly engineShare: number;
  readonly snapshotMiB: number;
  readonly snapshotMs: number;
  readonly acknowledged: number;
  /** Distinct readings found by a query, once all has been taken in and the hub was killed and started again. */
  readonly stored: number;
  readonly readyAfterKillMs: number;
  /** From its start until no role is more than two seconds behind the log's end. */
  readonly caughtUpAfterKillMs: number;
  /** SIGTERM → exit, with all of this held. */
  readonly stoppedAfterMs: number;
}

export interface Lag {
  readonly first: number;
  readonly last: number;
  readonly max: number;
}

const ROUND_MS = 60_000;
const FILL_IN_FLIGHT = 20;
const RATE = DEVICES / 60;
/**
 * Devices neither wait for one another nor leave out a reading because the hub is slow: what could not be sent in time
 * stays owed, and 15 s of it may wait for a PUBACK.
 */
const AS_DEVICES_DO = { owedMs: 60_000, inFlight: 500 };
const SAMPLES = 200;

/**
 * A hundred thousand described devices with one reading a minute each, on a hub that has just taken in the hour before
 * as fast as it could, so that windows of an hour are full. @param steadySeconds how long it then runs with the clock
 * @param fillMinutes a shorter past, for a quick look
 */
export async function measureHundredThousand(steadySeconds: number, fillMinutes: number): Promise<HundredThousand> {
  const dataDir = await makeTempDir('bench-hundred-thousand');
  let hub = await startHub({ dataDir, rules: { 'city.yaml': CITY_RULES } });
  const load = new LoadGenerator();
  try {
    const residentAtStartMiB = mebibytes(hub.residentBytes());
    const plan = cityPlan(Math.floor(Date.now() / ROUND_MS) * ROUND_MS - fillMinutes * ROUND_MS);
    const began = performance.now();
    await describeDevices(hub.mqtt, plan);
    const describedPerSecond = Math.round((DEVICES / (performance.now() - began)) * 1000);
    await load.prepare(plan, FILL_IN_FLIGHT);
    await load.connect(hub.mqtt);
    const filledAtSpeed = await fill(hub, load, DEVICES * fillMinutes);
    const steady = await keepSteady(hub, load, steadySeconds);
    const { acknowledgedCount: acknowledged } = await load.counts();
    await hub.kill9();
    hub = await startHub({ dataDir, readyTimeoutMs: 300_000 });
    const readyAfterKillMs = hub.readyAfterMs;
    const caughtUpAfterKillMs = readyAfterKillMs + (await caughtUp(hub));
    const stored = await countStored(hub.http, plan);
    const { tookMs: stoppedAfterMs, code } = await hub.stop(60_000);
    if (code !== 0) throw new Error(`The hub ended with code ${code} at SIGTERM.\n${hub.stderr()}`);
    const restart = { acknowledged, stored, readyAfterKillMs, caughtUpAfterKillMs, stoppedAfterMs };
    const before = { devices: DEVICES, describedPerSecond, filledMinutes: fillMinutes, filledAtSpeed };
    return { ...before, residentAtStartMiB, ...steady, ...restart };
  } finally {
    await load.stop();
    if (hub.isRunning()) await hub.kill9();
    await removeTempDir(dataDir);
  }
}

/** @returns how many times as fast as the clock event time went, until every role had taken it in */
async function fill(hub: RunningHub, load: LoadGenerator, messages: number): Promise<number> {
  const began = performance.now();
  await load.run(null);
  const done = async () => (await load.counts()).acknowledgedCount >= messages;
  await waitUntil('the windows are filled', done, 1_200_000, 500);
  await load.drain();
  await caughtUp(hub);
  return Math.round((messages / RATE / (performance.now() - began)) * 1000);
}

async function keepSteady(hub: RunningHub, load: LoadGenerator, seconds: number) {
  await load.run(RATE, AS_DEVICES_DO);
  await sleep(5_000);
  const before = await load.counts();
  const watch = new HubWatch(hub);
  const [queryable] = await Promise.all([measurePublishToQueryable(hub, SAMPLES), sleep(seconds * 1000)]);
  const looks = await watch.stop();
  const report = await load.counts();
  await load.drain();
  if (report.failures > 0) throw new Error('A connection was lost during the measurement.');
  const latency = latencyOf(report);
  return {
    steadySeconds: seconds,
    messagesPerSecond: Math.round(
      ((report.acknowledgedCount - before.acknowledgedCount) / (report.elapsedMs - before.elapsedMs)) * 1000,
    ),
    loadOwedMaxMs: report.owedMaxMs,
    ackP50Ms: latency.quantile(0.5),
    ackP99Ms: latency.quantile(0.99),
    queryable,
    ...summary(looks),
  };
}

function summary(looks: readonly Look[]) {
  const [first, last] = [looks[0]!, looks.at(-1)!];
  const third = Math.ceil(looks.length / 3);
  const thirds = (value: (look: Look) => number): [number, number] => [
    median(looks.slice(0, third).map(value)),
    median(looks.slice(-third).map(value)),
  ];
  const lag = (value: (look: Look) => number): Lag => {
    const [early, late] = thirds(value);
    return { first: early, last: late, max: quantile(looks.map(value), 1) };
  };
  const byRole = (of: (look: Look) => Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.keys(of(first)).map((role) => [role, lag((look) => of(look)[role]!)]));
  return {
    residentMiB: thirds(({ residentMiB }) => residentMiB),
    filePagesMiB: last.filePagesMiB,
    lagMs: byRole(({ lagMs }) => lagMs),
    lagEntries: byRole(({ lagEntries }) => lagEntries),
    engineShare: (last.engineBusyMs - first.engineBusyMs) / (last.atMs - first.atMs),
    snapshotMiB: last.snapshotMiB,
    snapshotMs: quantile(
      looks.map(({ snapshotMs }) => snapshotMs),
      1,
    ),
  };
}
