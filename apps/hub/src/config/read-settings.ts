import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TIERS } from '@seawall/ports';
import { parse } from 'yaml';
import { readRetentionBlock, retentionOf, type RetentionBlock } from './retention.ts';
import { SettingError } from './setting-error.ts';
import { SETTINGS, variableOf, type SettingName, type Settings, type SettingSpec } from './settings.ts';

/** Flags as the command line gave them: by flag name ("mqtt-port"), texts. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** Variables that are Seawall's but no setting of `up`. */
const OTHER_VARIABLES = new Set([
  'SEAWALL_TOKEN',
  'SEAWALL_INFLUX_TOKEN',
  'SEAWALL_REQUIRE_SERVERS',
  'SEAWALL_NO_AUTH',
  'SEAWALL_REAL_DATA',
  'SEAWALL_LONG',
  'SEAWALL_URL',
  'SEAWALL_MQTT_URL',
]);

interface Source {
  readonly name: (flag: string) => string;
  readonly values: Flags;
}

/**
 * Flags over `SEAWALL_*` variables over `seawall.yaml` over defaults.
 * @param configFile undefined: `seawall.yaml` in the working folder, if it is there
 * @throws SettingError with a sentence that names the setting and where it was read
 */
export function readSettings(flags: Flags, environment: NodeJS.ProcessEnv, configFile?: string): Settings {
  const path = configFile ?? 'seawall.yaml';
  const file = fromFile(configFile);
  const sources: Source[] = [
    { name: (flag) => `--${flag}`, values: flags },
    { name: variableOf, values: fromEnvironment(environment) },
    { name: (flag) => `${flag} in ${path}`, values: file.flags },
    { name: (flag) => `${flag.replace('retain-', 'retention.')} in ${path}`, values: retentionFlags(file.retention) },
  ];
  const values = Object.fromEntries(
    (Object.keys(SETTINGS) as SettingName[]).map((name) => [name, readOne(SETTINGS[name], sources)]),
  ) as unknown as Omit<Settings, 'auth' | 'retention' | 'rulesDir' | 'backupDir'> & {
    rulesDir?: string;
    backupDir?: string;
  };
  const noAuth = sources
    .map(({ name, values: given }) => flagValue(name('no-auth'), given['no-auth']))
    .find((on) => on !== undefined);
  checkRulesDir(values.rulesDir);
  checkStore(values);
  const kept = { raw: values.retainRawMs, '1m': values.retain1mMs, '1h': values.retain1hMs };
  return checkTogether({
    ...values,
    retention: retentionOf(kept, file.retention, path),
    rulesDir: values.rulesDir ?? join(values.dataDir, 'rules'),
    backupDir: values.backupDir ?? join(values.dataDir, 'backups'),
    auth: !(noAuth ?? false),
  });
}

/** Variables that look like settings but are none: misspelt, most likely. */
export function unknownVariables(environment: NodeJS.ProcessEnv): readonly string[] {
  const known = new Set([...Object.values(SETTINGS).map((spec) => variableOf(spec.flag)), ...OTHER_VARIABLES]);
  return Object.keys(environment).filter((name) => name.startsWith('SEAWALL_') && !known.has(name));
}

function readOne(spec: SettingSpec<unknown>, sources: readonly Source[]): unknown {
  for (const { name, values } of sources) {
    const given = values[spec.flag];
    if (given === undefined) continue;
    try {
      return spec.read(given);
    } catch (error) {
      if (error instanceof SettingError)
        throw new SettingError(`${name(spec.flag)} ${error.message}`, { cause: error });
      throw error;
    }
  }
  return spec.fallback === undefined ? undefined : spec.read(spec.fallback);
}

function flagValue(name: string, given: string | undefined): boolean | undefined {
  if (given === undefined) return undefined;
  if (given === 'true' || given === '1') return true;
  if (given === 'false' || given === '0') return false;
  throw new SettingError(`${name} must be true or false, not "${given}".`);
}

function fromEnvironment(environment: NodeJS.ProcessEnv): Flags {
  const flags = [...Object.values(SETTINGS).map((spec) => spec.flag), 'no-auth'];
  return Object.fromEntries(flags.map((flag) => [flag, environment[variableOf(flag)]]));
}

const NO_RETENTION: RetentionBlock = { tiers: {}, domains: {} };

function fromFile(configFile: string | undefined): { readonly flags: Flags; readonly retention: RetentionBlock } {
  const path = configFile ?? 'seawall.yaml';
  const nothing = { flags: {}, retention: NO_RETENTION };
  if (!existsSync(path)) {
    if (configFile === undefined) return nothing;
    throw new SettingError(`--config names ${configFile}, which is not there.`);
  }
  const document = parseYaml(path);
  if (document === null || document === undefined) return nothing;
  if (typeof document !== 'object' || Array.isArray(document))
    throw new SettingError(`${path} must hold lines like "http-port: 8080".`);
  const { retention, ...lines } = document as Readonly<Record<string, unknown>>;
  const flags = flagsOfFile(lines, path);
  const block = retention === undefined ? NO_RETENTION : readRetentionBlock(retention, path);
  for (const tier of TIERS) {
    if (block.tiers[tier] !== undefined && flags[`retain-${tier}`] !== undefined)
      throw new SettingError(`${path} says both retention.${tier} and retain-${tier}; keep one of them.`);
  }
  return { flags, retention: block };
}

function retentionFlags({ tiers }: RetentionBlock): Flags {
  return Object.fromEntries(TIERS.map((tier) => [`retain-${tier}`, tiers[tier]]));
}

function flagsOfFile(lines: Readonly<Record<string, unknown>>, path: string): Flags {
  const known = new Set([...Object.values(SETTINGS).map((spec) => spec.flag), 'no-auth']);
  for (const [key, value] of Object.entries(lines)) {
    if (!known.has(key))
      throw new SettingError(
        `${key} in ${path} is no setting; the settings are those of "seawall up --help", without dashes in front.`,
      );
    if (!['string', 'number', 'boolean'].includes(typeof value))
      throw new SettingError(`${key} in ${path} must be one value.`);
  }
  return Object.fromEntries(Object.entries(lines).map(([key, value]) => [key, String(value)]));
}

function parseYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SettingError(`${path} can't be read as YAML: ${(error as Error).message}`, { cause: error });
  }
}

/** The one in the data folder may be missing; a folder that was named and is not there is a slip that would delete rules. */
function checkRulesDir(named: string | undefined): void {
  if (named === undefined || statSync(named, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new SettingError(`--rules-dir ${named} is no folder that is there. Make it, or name the right one.`);
}

/** A setting that would do nothing is most likely a slip. */
function checkStore(values: Readonly<Partial<Record<SettingName, unknown>>>): void {
  const { store, influxApi, influxOrg } = values;
  const other = store === 'influx' ? 'duckdb' : 'influx';
  for (const name of STORE_SETTINGS[other]) {
    if (values[name] === undefined) continue;
    const { flag } = SETTINGS[name];
    throw new SettingError(
      `--${flag} goes with --store ${other} only, and the store is ${String(store)}. Leave it out, or give --store ${other}.`,
    );
  }
  if (influxApi === 1 && influxOrg !== undefined)
    throw new SettingError('--influx-org goes with InfluxDB 2, which --influx-api 1 is not. Leave one of them out.');
}

/** By store: what goes with it alone. */
const STORE_SETTINGS = {
  duckdb: ['storeMemoryMb', 'backupDir'],
  influx: ['influxUrl', 'influxTokenFile', 'influxOrg', 'influxDatabase', 'influxApi'],
} as const satisfies Record<Settings['store'], readonly SettingName[]>;

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

function checkTogether(settings: Settings): Settings {
  if (!settings.auth && !LOOPBACK.test(settings.bind)) {
    throw new SettingError(
      `--no-auth would let anyone on the network publish and read, so it goes with a loopback address only, not --bind ${settings.bind}. ` +
        'Leave --no-auth out and set SEAWALL_TOKEN.',
    );
  }
  const ports = [settings.mqttPort, settings.mqttWsPort, settings.httpPort].filter((port) => port !== 0);
  if (new Set(ports).size !== ports.length)
    throw new SettingError('--mqtt-port, --mqtt-ws-port and --http-port must differ from each other.');
  checkJournalSizes(settings);
  checkDiskSizes(settings);
  return settings;
}

/** Less would let an ordinary burst stop the hub, since trimming comes every few seconds. */
const LIMIT_AT_LEAST = 2;

function checkJournalSizes({ journalMaxBytes, journalLimitBytes }: Settings): void {
  if (journalLimitBytes === undefined || journalLimitBytes >= LIMIT_AT_LEAST * journalMaxBytes) return;
  throw new SettingError(
    `--journal-limit must be at least ${LIMIT_AT_LEAST} times --journal-max-size, which is what the journal keeps when all goes well.`,
  );
}

function checkDiskSizes({ diskLowBytes, diskReserveBytes }: Settings): void {
  if (diskLowBytes === undefined || diskReserveBytes === undefined || diskReserveBytes <= diskLowBytes) return;
  throw new SettingError('--disk-reserve must not be larger than --disk-low: the hub warns before it stops.');
}
