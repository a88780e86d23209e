import { startHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { measureAppendToAlert } from './append-to-alert.ts';
import { underLoad } from './background-load.ts';
import { RULES } from './bench-load.ts';
import { measureHundredThousand } from './hundred-thousand.ts';
import { measureInflux } from './influx/measure-influx.ts';
import { measureLineProtocol } from './line-protocol.ts';
import { measureMemory } from './memory.ts';
import { measurePublishToQueryable } from './publish-to-queryable.ts';
import { measureQueries, type QueriesOptions } from './queries/measure-queries.ts';
import type { Measured } from './report.ts';
import { measureResume } from './resume.ts';
import { measureThroughput } from './throughput.ts';
import { measureRules } from './windows/measure-rules.ts';
import { measureWindows } from './windows/measure-windows.ts';

const ROUNDS = 5;
const ROUND_MS = 5_000;
const QUERY_SAMPLES = 300;
const ALERT_STEPS = 120;

export interface BenchOptions extends Omit<QueriesOptions, 'readings'> {
  /** Stored ones that are asked for; each part has its own number unless given. */
  readonly readings: number | undefined;
  /** Of the hundred thousand devices: how long they run with the clock, and how much of their past comes before. */
  readonly seconds: number;
  readonly fillMinutes: number;
}

/** What can be measured alone, in the order of the whole. */
export const PARTS = {
  throughput,
  'line-protocol': async () => ({ lineProtocol: measureLineProtocol(ROUNDS) }),
  windows: async () => ({ windows: { speeds: measureWindows(), rules: measureRules() } }),
  memory: async () => ({ memory: await measureMemory() }),
  'hundred-thousand': async ({ seconds, fillMinutes }) => ({
    hundredThousand: await measureHundredThousand(seconds, fillMinutes),
  }),
  resume: async () => ({ resume: await measureResume() }),
  queries: async ({ readings = 100_000_000, keep }) => ({ queries: await measureQueries({ readings, keep }) }),
  influx: async ({ readings = 10_000_000 }) => ({ influx: await measureInflux(readings) }),
} satisfies Readonly<Record<string, (options: BenchOptions) => Promise<Measured>>>;

export type Part = keyof typeof PARTS;

/** Throughput, and both latencies at a fifth of it. */
async function throughput(): Promise<Measured> {
  const dataDir = await makeTempDir('bench');
  const hub = await startHub({ dataDir, rules: { 'bench.yaml': RULES } });
  try {
    const throughput = await measureThroughput(hub, ROUNDS, ROUND_MS);
    const rate = throughput.hubMessagesPerSecond / 5;
    return {
      throughput,
      publishToQueryable: await underLoad(hub, 'query', rate, () => measurePublishToQueryable(hub, QUERY_SAMPLES)),
      appendToAlert: await underLoad(hub, 'alert', rate, () => measureAppendToAlert(hub, ALERT_STEPS)),
    };
  } finally {
    if (hub.isRunning()) await hub.kill9();
    await removeTempDir(dataDir);
  }
}
