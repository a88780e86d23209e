import { Command } from 'commander';
import type { Logger } from 'pino';
import { banner } from '../banner.ts';
import { readSettings, unknownVariables, type Flags } from '../config/read-settings.ts';
import { SETTINGS, type SettingName } from '../config/settings.ts';
import { readInfluxToken } from '../config/influx-token.ts';
import { readToken } from '../config/token.ts';
import type { Hub, StartOptions } from '../hub.ts';
import type { RuleReload } from '../rule-reload.ts';
import { createLog } from '../log.ts';
import { addSettingOptions, flagsOf } from './setting-options.ts';

/** A hub that has not stopped by then is left to the kernel: the journal has everything that was acknowledged. */
const STOP_WITHIN_MS = 9_000;

export function upCommand(): Command {
  const command = new Command('up')
    .description('Start the hub: MQTT broker, journal, alerts, history and HTTP API in one process.')
    .option('--config <file>', 'settings file (default: seawall.yaml, if there is one)')
    .option('--no-auth', 'ask nobody for a token; on loopback only')
    .option('--skip-missing', 'for once: go on where the journal begins, if entries that were yet to be read are gone');
  addSettingOptions(command, Object.keys(SETTINGS) as SettingName[]);
  return command
    .addHelpText('after', UP_HELP)
    .action(async (_options: unknown, invoked: Command) => up(flagsOf(invoked), invoked.opts<UpOptions>()));
}

const UP_HELP = `
Flags win over SEAWALL_* variables, those over seawall.yaml, that over defaults.
Without --no-auth, SEAWALL_TOKEN must be set: clients give it as the MQTT password or as "Authorization: Bearer".
With --store influx, SEAWALL_INFLUX_TOKEN is what InfluxDB is shown, if it asks; the hub need not wait for InfluxDB.
Once ready, the first line on standard output is JSON with the addresses; logs go to standard error.
SIGTERM and Ctrl-C stop it cleanly; SIGHUP reads the rule files again.

Examples:
  seawall up --no-auth --data-dir ./data/mine
  seawall up --no-auth --store influx --influx-url http://127.0.0.1:8086
  seawall up --no-auth --data-dir ./data/typhoon --simulate typhoon --rules-dir devices-sim/rules`;

interface UpOptions {
  readonly config?: string;
  readonly skipMissing?: boolean;
}

async function up(flags: Flags, { config, skipMissing = false }: UpOptions): Promise<void> {
  const settings = readSettings(flags, process.env, config);
  const token = readToken(settings.auth, process.env);
  const influxToken = readInfluxToken(settings, process.env);
  const { log, droppedLines: droppedLogLines } = createLog(settings.logLevel);
  for (const name of unknownVariables(process.env))
    log.warn(`${name} is set but is no setting of Seawall; is it misspelt?`);
  const stopping = new AbortController();
  const starting = start({ settings, token, influxToken, skipMissing, log, droppedLogLines });
  stopOnSignals(starting, stopping, log);
  process.on('SIGHUP', () => void reload(starting, settings.rulesDir, log));
  const hub = await starting;
  if (stopping.signal.aborted) return;
  process.stdout.write(`${JSON.stringify({ ready: true, mqtt: hub.mqtt, mqttWs: hub.mqttWs, http: hub.http })}\n`);
  if (process.stderr.isTTY || settings.simulate !== undefined) process.stderr.write(banner(hub, settings));
  if (settings.simulate === undefined) return;
  const { simulate: scenario, dataDir } = settings;
  await (await simulation()).simulateInside(hub, { scenario, dataDir, token, signal: stopping.signal });
}

async function start(options: StartOptions): Promise<Hub> {
  const { simulate: scenario } = options.settings;
  // A scenario that is none must be told before anything listens.
  if (scenario !== undefined) await (await simulation()).checkScenario(scenario);
  // Not before it is asked for: the other commands start in a fraction of the time without the engines.
  const { startHub } = await import('../hub.ts');
  return startHub(options);
}

/** Loaded only by a hub that has a city in it. */
function simulation() {
  return import('../simulate-inside.ts');
}

/** SIGHUP: says what became of it in the log; nobody waits for it. A hub that starts does it once it has started. */
async function reload(starting: Promise<Hub>, rulesDir: string, log: Logger): Promise<void> {
  const hub = await starting.catch(() => undefined); // Why it does not start is told by `up`.
  if (hub === undefined) return;
  try {
    log.info({ rulesDir }, reloadText(await hub.reloadRules()));
  } catch (error) {
    log.error({ err: error, rulesDir }, 'the rules stay as they were');
  }
}

function reloadText({ changed, deleted, applied }: RuleReload): string {
  if (changed.length + deleted.length === 0) return 'rule files read again: nothing has changed';
  const parts = [
    changed.length === 0 ? '' : `new or changed: ${changed.join(', ')}`,
    deleted.length === 0 ? '' : `deleted: ${deleted.join(', ')}`,
    applied ? '' : 'the engine has yet to come to them',
  ];
  return `rule files read again; ${parts.filter((part) => part !== '').join('; ')}`;
}

/** From the beginning, since a start may take long: one that is to end by then is finished, and stopped in order. */
function stopOnSignals(starting: Promise<Hub>, stopping: AbortController, log: Logger): void {
  const stop = (signal: string) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error(`not stopped after ${STOP_WITHIN_MS} ms; leaving. What was acknowledged is in the journal.`);
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    starting.then(
      (hub) => stopAndLeave(hub, log),
      () => undefined, // Why it does not start is told by `up`.
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function stopAndLeave(hub: Hub, log: Logger): Promise<never> {
  try {
    await hub.stop();
    return process.exit(0);
  } catch (error) {
    log.error({ err: error }, 'could not stop cleanly');
    return process.exit(1);
  }
}
