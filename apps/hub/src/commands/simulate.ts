import {
  DEFAULT_DEVICES,
  loadScenario,
  mappingNames,
  MAX_DEVICES,
  replayRecording,
  scenarioNames,
} from '@seawall/devices-sim';
import { UsageError } from '@seawall/devices-sim/errors';
import { parseRfc3339 } from '@seawall/calendar';
import { Command } from 'commander';
import { progressBar } from '../progress-bar.ts';
import { recordingReport } from '../recording-report.ts';
import { simulateCity } from '../simulate-city.ts';
import { addAddressOptions, hubAddress } from './hub-address.ts';
import { interruption } from './interruption.ts';

interface SimulateOptions {
  readonly scenario?: string;
  readonly replay?: string;
  readonly mapping?: string;
  readonly speed: string;
  readonly seed: string;
  readonly devices?: string;
  readonly from?: string;
  readonly url: string;
  readonly mqttUrl: string;
}

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('Publish to a running hub over MQTT as a simulated city would, or replay a recording.')
    .option('--scenario <name>', `${scenarioNames().join(' or ')}`)
    .option('--replay <path>', 'a CSV recording (file or folder), with its original event times; needs --mapping')
    .option('--mapping <file>', `how the recording is to be read: a file, or ${mappingNames().join(' or ')}`)
    .option('--speed <factor>', 'seconds of the scenario a second, or max', 'max')
    .option(
      '--from <time>',
      'event time at which the scenario begins, RFC 3339 (default: so that it ends now; at speeds up to 1: now)',
    )
    .option('--seed <number>', 'the same seed gives the same readings', '1')
    .option('--devices <count>', `how many devices, up to ${MAX_DEVICES} (default: ${DEFAULT_DEVICES})`);
  return addAddressOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  seawall simulate --scenario smog-episode
  seawall simulate --scenario typhoon --speed 600
  seawall simulate --replay los_speed_wide.csv --mapping la_freeway_speed`,
    )
    .action(async (options: SimulateOptions) => {
      if ((options.scenario === undefined) === (options.replay === undefined))
        throw new UsageError('give either --scenario or --replay.');
      await (options.replay === undefined ? scenario(options) : replay(options, options.replay));
    });
}

async function scenario(options: SimulateOptions): Promise<void> {
  const { url, mqttUrl, token } = hubAddress(options);
  const loaded = await loadScenario(options.scenario!);
  const speed = speedOf(options.speed);
  const latest = speed <= 1 ? Date.now() : Date.now() - loaded.duration;
  const start = options.from === undefined ? latest : parseRfc3339(options.from);
  if (start === undefined)
    throw new UsageError(`--from takes a time such as 2026-01-31T08:00:00Z, not "${options.from}".`);
  if (start > Date.now())
    throw new UsageError(
      `--from ${options.from} lies in the future, and devices publish nothing before it is measured.`,
    );
  await simulateCity({
    scenario: loaded,
    url,
    mqttUrl,
    token,
    seed: wholeNumber('--seed', options.seed),
    start,
    speed,
    devices: options.devices === undefined ? undefined : wholeNumber('--devices', options.devices),
    signal: interruption(),
  });
}

async function replay(options: SimulateOptions, data: string): Promise<void> {
  if (options.mapping === undefined)
    throw new UsageError('--replay needs --mapping, which says how the recording is to be read.');
  const { mqttUrl, token } = hubAddress(options);
  const bar = progressBar('{bar} {percentage}% {value} messages acknowledged');
  const summary = await replayRecording({
    mapping: options.mapping,
    data,
    url: mqttUrl,
    ...(token === undefined ? {} : { token }),
    speed: speedOf(options.speed),
    signal: interruption(),
    onProgress: ({ acknowledged, bytesRead, totalBytes }) => bar.update(acknowledged, bytesRead / totalBytes),
  });
  bar.stop();
  process.stderr.write(`${summary.acknowledged} messages acknowledged.\n`);
  process.stdout.write(recordingReport(summary));
  if (summary.rejected.length > 0) process.exitCode = 1;
}

function speedOf(text: string): number {
  const speed = text === 'max' ? Infinity : Number(text);
  if (Number.isNaN(speed) || speed <= 0) throw new UsageError(`--speed takes a number above 0 or max, not "${text}".`);
  return speed;
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || text.trim() === '')
    throw new UsageError(`${flag} takes a whole number, not "${text}".`);
  return value;
}
