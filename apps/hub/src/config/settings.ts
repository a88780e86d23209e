import type { Retention } from '@seawall/ports';
import {
  bytes,
  duration,
  influxApi,
  influxDatabase,
  influxUrl,
  lateness,
  logLevel,
  port,
  retained,
  store,
  telegrafTopic,
  text,
  timeZone,
  wholeNumber,
} from './setting-values.ts';

/** How `seawall up` runs; every field has a flag, a `SEAWALL_*` variable and a line in `seawall.yaml`. */
export interface Settings {
  readonly dataDir: string;
  readonly bind: string;
  readonly mqttPort: number;
  readonly mqttWsPort: number;
  readonly httpPort: number;
  readonly store: 'duckdb' | 'influx';
  /** Of the store on InfluxDB; undefined: what its adapter takes, and always so for another store. */
  readonly influxUrl: string | undefined;
  readonly influxTokenFile: string | undefined;
  readonly influxOrg: string | undefined;
  readonly influxDatabase: string | undefined;
  readonly influxApi: 'auto' | 1 | 2 | undefined;
  readonly timeZone: string;
  readonly rulesDir: string;
  /** The only folder of this machine into which backups are written. */
  readonly backupDir: string;
  readonly auth: boolean;
  readonly simulate: string | undefined;
  /** GeoJSON file of the districts. */
  readonly map: string | undefined;
  readonly telegrafTopic: string | undefined;
  readonly watermarkDelayMs: number;
  readonly idleAfterMs: number;
  /** How long after the watermark a reading still revises its windows. */
  readonly allowedLatenessMs: number;
  /** How long the client of an MQTT session may be gone until the session expires. */
  readonly sessionExpiryMs: number;
  readonly journalMaxAgeMs: number;
  /** What trimming keeps of entries that every role has read. */
  readonly journalMaxBytes: number;
  /** Beyond it the journal takes nothing, when a role that is behind holds back trimming. */
  readonly journalLimitBytes: number | undefined;
  readonly retainRawMs: number;
  readonly retain1mMs: number;
  readonly retain1hMs: number;
  /** The three above, and what the settings file says of single domains. */
  readonly retention: Retention;
  /** Free space of the data directory's disk below which the hub warns; undefined: by the size of the disk. */
  readonly diskLowBytes: number | undefined;
  /** Free space below which nothing is acknowledged; undefined: by the size of the disk. */
  readonly diskReserveBytes: number | undefined;
  /** Of the embedded store; undefined: its usual. */
  readonly storeMemoryMb: number | undefined;
  readonly queryTimeoutMs: number;
  readonly logLevel: string;
}

/** One setting as people write it: its flag, what it means, and how its text becomes a value. */
export interface SettingSpec<T> {
  readonly flag: string;
  readonly argument: string;
  readonly fallback: string | undefined;
  readonly help: string;
  readonly read: (text: string) => T;
}

function setting<T>(
  flag: string,
  argument: string,
  fallback: string | undefined,
  help: string,
  read: (text: string) => T,
): SettingSpec<T> {
  return { flag, argument, fallback, help, read };
}

export const SETTINGS = {
  dataDir: setting('data-dir', 'folder', './data', 'where everything is kept; one process at a time', text),
  bind: setting('bind', 'address', '127.0.0.1', 'address to listen on; 0.0.0.0 opens the hub to the network', text),
  mqttPort: setting('mqtt-port', 'port', '1883', 'MQTT over TCP', port),
  mqttWsPort: setting('mqtt-ws-port', 'port', '8083', 'MQTT over WebSocket', port),
  httpPort: setting('http-port', 'port', '8080', 'the HTTP API', port),
  store: setting('store', 'name', 'duckdb', 'where history is kept: duckdb (in the data folder) or influx', store),
  influxUrl: setting(
    'influx-url',
    'url',
    undefined,
    'with --store influx: where InfluxDB listens (default: http://127.0.0.1:8086)',
    influxUrl,
  ),
  influxTokenFile: setting(
    'influx-token-file',
    'file',
    undefined,
    'with --store influx: file that holds the token, or "user:password" of InfluxDB 1 (default: what SEAWALL_INFLUX_TOKEN says, or none)',
    text,
  ),
  influxOrg: setting('influx-org', 'name', undefined, 'with --store influx: organisation, of InfluxDB 2', text),
  influxDatabase: setting(
    'influx-database',
    'name',
    undefined,
    'with --store influx: database, or first part of the names of buckets; one hub each (default: seawall)',
    influxDatabase,
  ),
  influxApi: setting(
    'influx-api',
    'version',
    undefined,
    'with --store influx: write by /write (1) or by /api/v2/write (2) (default: auto, by what InfluxDB says it is)',
    influxApi,
  ),
  timeZone: setting(
    'time-zone',
    'zone',
    'UTC',
    "the city's IANA time zone: calendar days in rules and queries",
    timeZone,
  ),
  rulesDir: setting(
    'rules-dir',
    'folder',
    undefined,
    'YAML files with alert rules (default: rules in the data folder)',
    text,
  ),
  backupDir: setting(
    'backup-dir',
    'folder',
    undefined,
    'where "seawall backup" puts backups, best on another disk (default: backups in the data folder)',
    text,
  ),
  simulate: setting('simulate', 'scenario', undefined, 'let a simulated city publish to this hub', text),
  telegrafTopic: setting(
    'telegraf-topic',
    'topic',
    undefined,
    "take in what Telegraf's MQTT output publishes under this topic, telegraf by default there (default: pass it on)",
    telegrafTopic,
  ),
  map: setting(
    'map',
    'file',
    undefined,
    "GeoJSON of the districts' outlines, for the page (default: the simulated city's, if there is one)",
    text,
  ),
  watermarkDelayMs: setting(
    'watermark-delay',
    'duration',
    '10s',
    'how long windows wait for readings that come out of order',
    duration,
  ),
  idleAfterMs: setting(
    'idle-after',
    'duration',
    '60s',
    'after how long without readings a device holds back no window',
    duration,
  ),
  allowedLatenessMs: setting(
    'allowed-lateness',
    'duration',
    '1m',
    'how long after that a reading still corrects its windows; later ones are stored and counted',
    lateness,
  ),
  sessionExpiryMs: setting(
    'session-expiry',
    'duration',
    '7d',
    'how long an MQTT session and its queue are kept while its client is gone',
    duration,
  ),
  journalMaxAgeMs: setting(
    'journal-max-age',
    'duration',
    '7d',
    'how long the journal keeps what every role has read; time in which the hub runs counts',
    duration,
  ),
  journalMaxBytes: setting('journal-max-size', 'size', '4GB', 'how much of it the journal keeps at most', bytes),
  journalLimitBytes: setting(
    'journal-limit',
    'size',
    undefined,
    'how much it may hold while a role is behind; beyond it nothing is acknowledged (default: 16 times journal-max-size)',
    bytes,
  ),
  retainRawMs: setting('retain-raw', 'duration', 'forever', 'how long readings are kept: 90d, 2y, forever', retained),
  retain1mMs: setting('retain-1m', 'duration', 'forever', 'how long their sums by the minute are kept', retained),
  retain1hMs: setting('retain-1h', 'duration', 'forever', 'how long their sums by the hour are kept', retained),
  diskLowBytes: setting(
    'disk-low',
    'size',
    undefined,
    'free space below which the hub warns (default: 2GB, or a tenth of a smaller disk)',
    bytes,
  ),
  diskReserveBytes: setting(
    'disk-reserve',
    'size',
    undefined,
    'free space below which nothing is acknowledged (default: 512MB, or a fortieth of a smaller disk)',
    bytes,
  ),
  storeMemoryMb: setting(
    'store-memory',
    'MB',
    undefined,
    'memory that the store in the data folder may use, in MB (default: 1024)',
    wholeNumber,
  ),
  queryTimeoutMs: setting('query-timeout', 'duration', '30s', 'how long one query may run', duration),
  logLevel: setting('log-level', 'level', 'info', 'debug, info, warn or error', logLevel),
} satisfies { readonly [K in Exclude<keyof Settings, 'auth' | 'retention'>]: SettingSpec<Settings[K]> };

export type SettingName = keyof typeof SETTINGS;

/** `mqtt-port` → `SEAWALL_MQTT_PORT`. */
export function variableOf(flag: string): string {
  return `SEAWALL_${flag.toUpperCase().replaceAll('-', '_')}`;
}
