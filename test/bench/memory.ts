import { setTimeout as sleep } from 'node:timers/promises';
import { LoadGenerator } from '../support/load-generator.ts';
import { mebibytes, residentFileBytes } from '../support/process-memory.ts';
import { startHub } from '../support/start-hub.ts';
import { countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { benchPlan, CONNECTIONS, IN_FLIGHT, RULES } from './bench-load.ts';
import { median } from './statistics.ts';

export interface Memory {
  readonly devices: number;
  readonly metricsEach: number;
  readonly atStartMiB: number;
  readonly residentMiB: number;
  /** Of these, pages of files, above all the journal's map; null where the system does not say. */
  readonly filePagesMiB: number | null;
}

const DEVICES = 10_000;
const MESSAGES_EACH = 10;
const RATE = 20_000;

/** Resident memory of a fresh hub once it knows all devices and all their readings have reached the store. */
export async function measureMemory(): Promise<Memory> {
  const dataDir = await makeTempDir('bench-memory');
  const hub = await startHub({ dataDir, rules: { 'bench.yaml': RULES } });
  const load = new LoadGenerator();
  try {
    const atStartMiB = mebibytes(hub.residentBytes());
    const plan = benchPlan('memory', RATE, DEVICES / CONNECTIONS);
    await load.prepare(plan, IN_FLIGHT);
    await load.connect(hub.mqtt);
    await load.run(RATE);
    await waitUntil(
      'every device has spoken',
      async () => (await load.counts()).acknowledgedCount >= DEVICES * MESSAGES_EACH,
      120_000,
    );
    await load.drain();
    const { acknowledgedCount } = await load.counts();
    await waitUntil(
      'all is stored',
      async () => (await countStored(hub.http, plan)) >= acknowledgedCount * plan.metrics.length,
      60_000,
      200,
    );
    const seen: number[] = [];
    for (let i = 0; i < 10; i++) {
      await sleep(500);
      seen.push(hub.residentBytes());
    }
    const filePages = residentFileBytes(hub.pid);
    const filePagesMiB = filePages === undefined ? null : mebibytes(filePages);
    return {
      devices: DEVICES,
      metricsEach: plan.metrics.length,
      atStartMiB,
      residentMiB: mebibytes(median(seen)),
      filePagesMiB,
    };
  } finally {
    await load.stop();
    await hub.stop();
    await removeTempDir(dataDir);
  }
}
