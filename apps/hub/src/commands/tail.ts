import { UsageError } from '@seawall/devices-sim/errors';
import { Command } from 'commander';
import { paint, wantsColour } from '../paint.ts';
import { tail } from '../tail/tail.ts';
import { ADDRESS_HELP, addUrlOption, hubAddress } from './hub-address.ts';
import { interruption } from './interruption.ts';

interface TailFlags {
  readonly domain?: readonly string[];
  readonly metric?: readonly string[];
  readonly raw: boolean;
  readonly json?: boolean;
  readonly url?: string;
  readonly mqttUrl?: string;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, ...value.split(',')];

export function tailCommand(): Command {
  const command = new Command('tail')
    .description('Watch what devices send, what becomes of it, or why not, as it happens.')
    .argument('<device...>', 'ids or patterns: aq-7, "aq-*", "!aq-9", "*" for all')
    .option('--domain <patterns>', 'only of these domains; several with commas', collect)
    .option('--metric <patterns>', 'of readings only these metrics; several with commas', collect)
    .option('--no-raw', 'without the messages as they were sent (over MQTT)')
    .option('--json', 'a JSON object a line');
  return addUrlOption(command)
    .option('--mqtt-url <url>', "the hub's MQTT address (default: port 1883 where --url is) [SEAWALL_MQTT_URL]")
    .addHelpText('after', `${TAIL_HELP}${ADDRESS_HELP}`)
    .action(run);
}

const TAIL_HELP = `
Times are UTC, of the arrival; a reading of another time says when, and how late it came. Messages as they were sent
are dim, and only those of which something was stored; of the others the rejection shows how they began.
It comes back by itself when the hub does, and goes on where it was. Ctrl-C ends it. NO_COLOR does without colours.

Examples:
  seawall tail my-sensor
  seawall tail 'aq-*' '!aq-9' --metric pm25
  seawall tail '*' --domain traffic --no-raw --json | jq .
`;

async function run(devices: readonly string[], flags: TailFlags): Promise<void> {
  for (const pattern of [...devices, ...(flags.domain ?? []), ...(flags.metric ?? [])]) checkPattern(pattern);
  const address = hubAddress({ ...flags, ...mqttBeside(flags) });
  await tail({
    address,
    devices,
    domains: flags.domain ?? [],
    metrics: flags.metric ?? [],
    raw: flags.raw,
    json: flags.json === true,
    paint: paint(wantsColour(process.stdout, process.env)),
    output: process.stdout,
    say: (sentence) => process.stderr.write(`seawall: ${sentence}\n`),
    signal: interruption(),
    now: Date.now,
  });
}

/** A hub elsewhere has its broker there as well. */
function mqttBeside({ url, mqttUrl }: TailFlags): { readonly mqttUrl?: string } {
  const http = url ?? process.env.SEAWALL_URL;
  if (mqttUrl !== undefined || process.env.SEAWALL_MQTT_URL || !http || !URL.canParse(http)) return {};
  return { mqttUrl: `mqtt://${new URL(http).hostname}:1883` };
}

function checkPattern(pattern: string): void {
  if (/^!?$/.test(pattern))
    throw new UsageError('a pattern is empty; write an id, "*" for any, or "!" and one to leave out.');
  if (/[/+#]/.test(pattern))
    throw new UsageError(`"${pattern}" is no id or pattern: ids have no "/", "+" or "#", and "*" stands for any text.`);
}
