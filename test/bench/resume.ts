import { setTimeout as sleep } from 'node:timers/promises';
import { hubMetrics, metric } from '../support/hub-metrics.ts';
import { LoadGenerator } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { acknowledgedReadings, countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { measureAppendToAlert, type AppendToAlert } from './append-to-alert.ts';
import { caughtUp } from './hub-watch.ts';

export interface Resume {
  readonly devices: number;
  readonly filledHours: number;
  /** While the hub holds all of it, and snapshots of it are made. */
  readonly appendToAlert: AppendToAlert & { readonly loadRate: number };
  readonly snapshotMiB: number;
  readonly snapshotMs: number;
  /** From the start of the process until `/readyz` answers 200, and until no role is more than two seconds behind. */
  readonly readyMs: number;
  readonly caughtUpMs: number;
  readonly acknowledged: number;
  readonly stored: number;
}

const DEVICES = 10_000;
const CONNECTIONS = 50;
const HOURS = 26;
const STEP_MS = 300_000;
const RATE = 1_000;
/** Above a minute: a snapshot is made at least so often. */
const ALERT_STEPS = 300;
const DOMAIN = 'environment';

/** Windows of a day that begin every quarter of an hour, of every device and of all together; and the probe's. */
const RULES = [
  rule('day-mean', DOMAIN, 'pm25', 'aggregate: mean, window: 1d, every: 15m, above: 5000', '[device]'),
  rule('day-max', DOMAIN, 'pm25', 'aggregate: max, window: 1d, every: 1h, above: 5000', '[device]'),
  rule('day-p95', DOMAIN, 'pm25', 'aggregate: p95, window: 1d, every: 1h, above: 5000', '[district]'),
  rule('probe-high', 'probe', 'probe', 'aggregate: mean, window: 1s, above: 500', '[device]'),
].join('');

function rule(id: string, domain: string, name: string, condition: string, groupBy: string): string {
  return `- { id: ${id}, severity: warning, when: { domain: ${domain}, metric: ${name}, ${condition} }, groupBy: ${groupBy} }\n`;
}

/**
 * Ten thousand devices with a day of readings behind them, and windows that hold that day; killed under load about as
 * long after a snapshot as can be.
 */
export async function measureResume(): Promise<Resume> {
  const dataDir = await makeTempDir('bench-resume');
  let hub = await startHub({ dataDir, rules: { 'long.yaml': RULES } });
  const load = new LoadGenerator();
  try {
    const plan = dayPlan();
    await load.prepare(plan, 20);
    await load.connect(hub.mqtt);
    await fill(hub, load);
    await load.run(RATE);
    const appendToAlert = { ...(await measureAppendToAlert(hub, ALERT_STEPS)), loadRate: RATE };
    const snapshot = await beforeNextSnapshot(hub);
    await hub.kill9();
    await load.pause();
    const began = performance.now();
    hub = await startHub({ dataDir, readyTimeoutMs: 300_000 });
    await waitUntil('the hub is ready', async () => (await fetch(`${hub.http}/readyz`)).ok, 300_000, 20);
    const readyMs = performance.now() - began;
    await caughtUp(hub);
    const caughtUpMs = performance.now() - began;
    await load.connect(hub.mqtt);
    await load.run(RATE);
    await load.drain();
    const report = await load.counts();
    const acknowledged = acknowledgedReadings(plan, report);
    const all = async () => (await countStored(hub.http, plan)) >= acknowledged;
    await waitUntil('all is stored', all, 60_000, 200);
    const stored = await countStored(hub.http, plan);
    await hub.stop(60_000);
    const what = { devices: DEVICES, filledHours: HOURS, appendToAlert, ...snapshot };
    return { ...what, readyMs, caughtUpMs, acknowledged, stored };
  } finally {
    await load.stop();
    if (hub.isRunning()) await hub.kill9();
    await removeTempDir(dataDir);
  }
}

/** Readings every five minutes, over the last two days. */
function dayPlan(): LoadPlan {
  const devicesPerConnection = DEVICES / CONNECTIONS;
  const baseTime = Math.floor(Date.now() / STEP_MS) * STEP_MS - 2 * 86_400_000;
  const shape = { connections: CONNECTIONS, devicesPerConnection, metrics: ['pm25'], stepMs: STEP_MS, staggered: true };
  return { run: 'long', domain: DOMAIN, baseTime, ...shape };
}

async function fill(hub: RunningHub, load: LoadGenerator): Promise<void> {
  const messages = (HOURS * 3_600_000 * DEVICES) / STEP_MS;
  await load.run(null);
  const done = async () => (await load.counts()).acknowledgedCount >= messages;
  await waitUntil('the windows are filled', done, 1_200_000, 200);
  await load.drain();
  await caughtUp(hub);
}

const LONGEST_SPACING_MS = 60_000;

/** Waits for a snapshot to be made, then nearly as long as the next one takes to come: the worst moment for a kill. */
async function beforeNextSnapshot(hub: RunningHub): Promise<{ snapshotMiB: number; snapshotMs: number }> {
  const looked = async () => {
    const metrics = await hubMetrics(hub.http);
    return {
      snapshotMiB: metric(metrics, 'seawall_engine_snapshot_bytes') / 1024 ** 2,
      snapshotMs: metric(metrics, 'seawall_engine_snapshot_seconds') * 1000,
    };
  };
  const before = await looked();
  const another = async () => (await looked()).snapshotMs !== before.snapshotMs;
  await waitUntil('a snapshot is made', another, 3 * LONGEST_SPACING_MS, 100);
  const snapshot = await looked();
  await sleep(Math.min(0.9 * LONGEST_SPACING_MS, Math.max(9_000, 180 * snapshot.snapshotMs)));
  return snapshot;
}
