import { LatencyHistogram } from './latency-histogram.ts';
import { LoadConnection } from './load-connection.ts';
import type { LoadCommand, LoadReport } from './load-generator.ts';
import type { LoadPlan } from './load-plan.ts';

/** The load's own process: it shares neither the hub's event loop nor the test's. Told what to do over IPC. */

const RATE_SLICE_MS = 4;
const OWED_MS = 100;

let connections: LoadConnection[] = [];
const latency = new LatencyHistogram();
let paused = true;
let ratePerSecond: number | null = null;
let tokens = 0;
let owedMs = OWED_MS;
let owedMaxMs = 0;
let turn = 0;
let began = performance.now();
let cpu = process.cpuUsage();

function take(wanted: number): number {
  if (paused) return 0;
  if (ratePerSecond === null) return wanted;
  const n = Math.min(wanted, Math.floor(tokens));
  tokens -= n;
  return n;
}

/** Tokens follow the clock, so a late timer loses nothing, as far back as what can't be sent is owed. */
function keepRate(): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (ratePerSecond === null || paused) {
      last = now;
      return;
    }
    tokens = Math.min(tokens + ((now - last) / 1000) * ratePerSecond, (ratePerSecond * owedMs) / 1000 + 1);
    last = now;
    owedMaxMs = Math.max(owedMaxMs, (tokens / ratePerSecond) * 1000);
    const share = Math.ceil(tokens / connections.length);
    for (let i = 0; i < connections.length && tokens >= 1; i++) connections[turn++ % connections.length]!.pump(share);
  }, RATE_SLICE_MS).unref();
}

function prepare(plan: LoadPlan, inFlight: number): void {
  for (const connection of connections) connection.close();
  connections = Array.from({ length: plan.connections }, (_, connection) => {
    return new LoadConnection({ plan, connection, inFlight, latency, take });
  });
}

function report(): LoadReport {
  const used = process.cpuUsage(cpu);
  return {
    sent: connections.map((connection) => connection.sent),
    acknowledged: connections.map((connection) => connection.acknowledged.slice(0, connection.sent)),
    acknowledgedCount: connections.reduce((sum, connection) => sum + connection.acknowledgedCount, 0),
    failures: connections.reduce((sum, connection) => sum + connection.failures, 0),
    latencyCounts: latency.counts.slice(),
    elapsedMs: performance.now() - began,
    cpuMs: (used.user + used.system) / 1000,
    owedMaxMs,
  };
}

async function drained(): Promise<void> {
  while (connections.some((connection) => connection.inFlight > 0))
    await new Promise((resolve) => setTimeout(resolve, 2));
}

async function obey(command: LoadCommand): Promise<LoadReport | null> {
  switch (command.kind) {
    case 'prepare':
      prepare(command.plan, command.inFlight);
      return null;
    case 'connect':
      await Promise.all(connections.map((connection) => connection.open(command.host, command.port)));
      return null;
    case 'run':
      ratePerSecond = command.ratePerSecond;
      tokens = 0;
      owedMs = command.owedMs ?? OWED_MS;
      owedMaxMs = 0;
      for (const connection of connections) connection.bound(command.inFlight);
      paused = false;
      latency.counts.fill(0);
      began = performance.now();
      cpu = process.cpuUsage();
      for (const connection of connections) connection.pump();
      return null;
    case 'pause':
      paused = true;
      return null;
    case 'drain':
      paused = true;
      await drained();
      return null;
    case 'counts':
      return { ...report(), sent: [], acknowledged: [] };
    case 'report':
      return report();
  }
}

process.on('message', ({ id, command }: { id: number; command: LoadCommand }) => {
  obey(command).then(
    (answer) => process.send!({ id, answer }),
    (error: unknown) => process.send!({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
keepRate();
