import cliProgress from 'cli-progress';
import { startHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { realDataFolder, RECORDINGS } from './recordings/index.ts';
import { RULES_YAML } from './rules.ts';
import { summaryOf } from './summary.ts';
import type { Progress } from './take-in.ts';
import { passed, verifyRealData } from './verify.ts';

/** One bar a stage; without a terminal each stage says its name once. */
function progressBars(): { readonly progress: Progress; readonly stop: () => void } {
  let current: { stage: string; bar: cliProgress.SingleBar } | undefined;
  const stop = () => current?.bar.stop();
  const progress: Progress = (stage, fraction) => {
    if (current?.stage !== stage) {
      stop();
      if (!process.stderr.isTTY) process.stderr.write(`${stage} …\n`);
      const bar = new cliProgress.SingleBar(
        { format: `${stage.padEnd(44)} {bar} {percentage} %`, stream: process.stderr },
        cliProgress.Presets.shades_classic,
      );
      bar.start(1_000, 0);
      current = { stage, bar };
    }
    current.bar.update(Math.round(Math.min(1, fraction) * 1_000));
  };
  return { progress, stop };
}

/** `--only a,b` takes a part of them. */
function chosen(args: readonly string[]): string[] {
  const all = Object.keys(RECORDINGS);
  const at = args.indexOf('--only');
  if (at < 0) return all;
  const names = (args[at + 1] ?? '').split(',');
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length === 0) return names;
  process.stderr.write(`--only takes names from ${all.join(', ')}, not "${unknown.join(',')}".\n`);
  process.exit(2);
}

const names = chosen(process.argv);
const data = realDataFolder(names);
if ('absent' in data) {
  process.stderr.write(`The recordings can't be taken in: ${data.absent}.\n`);
  process.exit(2);
}
const dataDir = await makeTempDir('real-data');
const hub = await startHub({ dataDir, rules: { 'real-data.yaml': RULES_YAML }, timeZone: 'Asia/Shanghai' });
const bars = progressBars();
try {
  const report = await verifyRealData(hub, data.folder, names, bars.progress);
  bars.stop();
  process.stdout.write(process.argv.includes('--json') ? JSON.stringify(report) : summaryOf(report));
  process.exitCode = passed(report) ? 0 : 1;
} finally {
  bars.stop();
  await hub.stop();
  await removeTempDir(dataDir);
}
