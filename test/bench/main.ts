import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../support/repository.ts';
import { startHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { measureAppendToAlert } from './append-to-alert.ts';
import { underLoad } from './background-load.ts';
import { RULES } from './bench-load.ts';
import { measureHundredThousand } from './hundred-thousand.ts';
import { measureLineProtocol } from './line-protocol.ts';
import { describeMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { measurePublishToQueryable } from './publish-to-queryable.ts';
import { report, type BenchResult } from './report.ts';
import { measureThroughput } from './throughput.ts';

const ROUNDS = 5;
const ROUND_MS = 5_000;
const QUERY_SAMPLES = 300;
const ALERT_STEPS = 120;
const STEADY_SECONDS = 180;

const say = (text: string) => process.stderr.write(`${text}\n`);

async function bench(): Promise<BenchResult> {
  const machine = describeMachine();
  const dataDir = await makeTempDir('bench');
  const hub = await startHub({ dataDir, rules: { 'bench.yaml': RULES } });
  try {
    say(`Throughput: ${ROUNDS} rounds of ${ROUND_MS / 1000} s each for bare aedes and for the hub …`);
    const throughput = await measureThroughput(hub, ROUNDS, ROUND_MS);
    const rate = throughput.hubMessagesPerSecond / 5;
    say(`Publish to queryable, at ${Math.round(rate)} messages a second …`);
    const publishToQueryable = await underLoad(hub, 'query', rate, () => measurePublishToQueryable(hub, QUERY_SAMPLES));
    say('Append to alert, at the same load …');
    const appendToAlert = await underLoad(hub, 'alert', rate, () => measureAppendToAlert(hub, ALERT_STEPS));
    await hub.stop();
    say('Line protocol, bytes to columns …');
    const lineProtocol = measureLineProtocol(ROUNDS);
    say('Memory at 10 thousand devices …');
    const memory = await measureMemory();
    say(`A hundred thousand devices: an hour as fast as it goes, then ${STEADY_SECONDS} s with the clock …`);
    const hundredThousand = await measureHundredThousand(STEADY_SECONDS);
    return {
      at: new Date().toISOString(),
      machine,
      throughput,
      publishToQueryable,
      appendToAlert,
      lineProtocol,
      memory,
      hundredThousand,
    };
  } finally {
    if (hub.isRunning()) await hub.kill9();
    await removeTempDir(dataDir);
  }
}

const result = await bench();
const file = join(repositoryRoot, 'test/bench/results/latest.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
console.log(report(result));
say(`Written to ${file}`);
