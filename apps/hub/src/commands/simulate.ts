import { replayRecording, runScenario, scenarioNames } from '@seawall/devices-sim';
import { formatRfc3339 } from '@seawall/calendar';
import { Command } from 'commander';
import { UsageError } from '../explain.ts';
import { progressBar } from '../progress-bar.ts';
import { addAddressOptions, hubAddress } from './hub-address.ts';
import { interruption } from './interruption.ts';

interface SimulateOptions {
  readonly scenario?: string;
  readonly replay?: string;
  readonly mapping?: string;
  readonly speed: string;
  readonly seed: string;
  readonly devices?: string;
  readonly from: string;
  readonly url: string;
  readonly mqttUrl: string;
}

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('Publish to a running hub over MQTT as a simulated city would, or replay a recording.')
    .option('--scenario <name>', `${scenarioNames().join(' or ')}`)
    .option('--replay <path>', 'a CSV recording (file or folder), with its original event times; needs --mapping')
    .option('--mapping <file>', 'how the recording is to be read; see devices-sim/README.md')
    .option('--speed <factor>', 'seconds of the scenario a second, or max', 'max')
    .option('--from <time>', 'event time at which the scenario begins (RFC 3339)', '24 hours ago')
    .option('--seed <number>', 'the same seed gives the same readings', '1')
    .option('--devices <count>', 'how many devices (default: as the scenario says)');
  return addAddressOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  seawall simulate --scenario smog-episode
  seawall simulate --replay los_speed_wide.csv --mapping devices-sim/recordings/la_freeway_speed.yaml`,
    )
    .action(async (options: SimulateOptions) => {
      if ((options.scenario === undefined) === (options.replay === undefined)) throw new UsageError('give either --scenario or --replay.');
      await (options.replay === undefined ? scenario(options) : replay(options, options.replay));
    });
}

async function scenario(options: SimulateOptions): Promise<void> {
  const { mqttUrl, token } = hubAddress(options);
  const start = options.from === '24 hours ago' ? Date.now() - 86_400_000 : Date.parse(options.from);
  if (Number.isNaN(start)) throw new UsageError(`--from takes a time such as 2026-01-31T08:00:00Z, not "${options.from}".`);
  const bar = progressBar('{eventTime} {bar} {value} messages acknowledged');
  const result = await runScenario({
    scenario: options.scenario!,
    url: mqttUrl,
    ...(token === undefined ? {} : { token }),
    seed: wholeNumber('--seed', options.seed),
    start,
    speed: speedOf(options.speed),
    ...(options.devices === undefined ? {} : { devices: wholeNumber('--devices', options.devices) }),
    signal: interruption(),
    onProgress: ({ acknowledged, fraction, eventTime }) => bar.update(acknowledged, fraction, { eventTime: formatRfc3339(eventTime) }),
    onEvent: ({ eventTime, text }) => bar.say(`${formatRfc3339(eventTime)}  ${text}`),
  });
  bar.stop();
  process.stderr.write(`${result.acknowledged} messages acknowledged of ${result.sent} sent.\n`);
}

async function replay(options: SimulateOptions, data: string): Promise<void> {
  if (options.mapping === undefined) throw new UsageError('--replay needs --mapping, which says how the recording is to be read.');
  const { mqttUrl, token } = hubAddress(options);
  const bar = progressBar('{bar} {percentage}% {value} messages acknowledged');
  const summary = await replayRecording({
    mapping: options.mapping,
    data,
    url: mqttUrl,
    ...(token === undefined ? {} : { token }),
    speed: speedOf(options.speed),
    signal: interruption(),
    onProgress: ({ acknowledged, fraction }) => bar.update(acknowledged, fraction),
  });
  bar.stop();
  process.stderr.write(`${summary.readings} readings in ${summary.acknowledged} acknowledged messages; ${summary.missing} cells were empty.\n`);
}

function speedOf(text: string): number {
  const speed = text === 'max' ? Infinity : Number(text);
  if (Number.isNaN(speed) || speed <= 0) throw new UsageError(`--speed takes a number above 0 or max, not "${text}".`);
  return speed;
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || text.trim() === '') throw new UsageError(`${flag} takes a whole number, not "${text}".`);
  return value;
}
