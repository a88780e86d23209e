import { setTimeout as sleep } from 'node:timers/promises';
import { LoadGenerator, latencyOf } from '../support/load-generator.ts';
import type { RunningHub } from '../support/start-hub.ts';
import { countStored } from '../support/stored-readings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startBareBroker } from './bare-broker.ts';
import { benchPlan, IN_FLIGHT } from './bench-load.ts';
import { median } from './statistics.ts';

export interface Round {
  readonly messagesPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  /** Of the load generator, in cores: above 0.9 it would be measuring itself. */
  readonly generatorCores: number;
  /** From the last PUBACK until every reading of the round can be queried; the hub's rounds only. */
  readonly behindMs: number | null;
}

export interface Throughput {
  readonly bare: readonly Round[];
  readonly hub: readonly Round[];
  /** Median of the ratios of neighbouring rounds. */
  readonly ratio: number;
  /** The same, counting until everything that was acknowledged can be queried as well. */
  readonly ratioUntilQueryable: number;
  readonly hubMessagesPerSecond: number;
}

/** Acknowledged QoS 1 messages a second, the hub and bare aedes in turn, so that the machine's moods meet both. */
export async function measureThroughput(hub: RunningHub, rounds: number, roundMs: number): Promise<Throughput> {
  const bareBroker = await startBareBroker();
  const bareLoad = await connected(bareBroker.url, 'bare');
  const hubLoad = await connected(hub.mqtt, 'hub');
  const bare: Round[] = [];
  const throughHub: Round[] = [];
  await oneRound(bareLoad, 1_000); // warm-up, not counted
  await oneRound(hubLoad, 1_000, hub);
  for (let i = 0; i < rounds; i++) {
    bare.push(await oneRound(bareLoad, roundMs));
    throughHub.push(await oneRound(hubLoad, roundMs, hub));
  }
  await Promise.all([bareLoad.stop(), hubLoad.stop()]);
  await bareBroker.stop();
  return {
    bare,
    hub: throughHub,
    ratio: median(throughHub.map((round, i) => round.messagesPerSecond / bare[i]!.messagesPerSecond)),
    ratioUntilQueryable: median(
      throughHub.map((round, i) => untilQueryable(round, roundMs) / bare[i]!.messagesPerSecond),
    ),
    hubMessagesPerSecond: median(throughHub.map(({ messagesPerSecond }) => messagesPerSecond)),
  };
}

async function connected(url: string, run: string): Promise<LoadGenerator> {
  const load = new LoadGenerator();
  await load.prepare(benchPlan(run), IN_FLIGHT);
  await load.connect(url);
  return load;
}

async function oneRound(load: LoadGenerator, ms: number, hub?: RunningHub): Promise<Round> {
  const before = (await load.counts()).acknowledgedCount;
  await load.run(null);
  await sleep(ms);
  await load.drain();
  const report = await load.counts();
  if (report.failures > 0) throw new Error('A connection was lost during the measurement.');
  const latency = latencyOf(report);
  return {
    messagesPerSecond: ((report.acknowledgedCount - before) / report.elapsedMs) * 1000,
    ackP50Ms: latency.quantile(0.5),
    ackP99Ms: latency.quantile(0.99),
    generatorCores: report.cpuMs / report.elapsedMs,
    behindMs: hub === undefined ? null : await caughtUp(hub, report.acknowledgedCount),
  };
}

async function caughtUp(hub: RunningHub, messages: number): Promise<number> {
  const plan = benchPlan('hub');
  const began = performance.now();
  const all = { ...plan, baseTime: plan.baseTime - 3_600_000 };
  await waitUntil(
    'the store has caught up',
    async () => (await countStored(hub.http, all)) >= messages * plan.metrics.length,
    120_000,
    100,
  );
  return performance.now() - began;
}

function untilQueryable({ messagesPerSecond, behindMs }: Round, roundMs: number): number {
  return messagesPerSecond * (roundMs / (roundMs + (behindMs ?? 0)));
}
