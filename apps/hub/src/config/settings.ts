import { durationMs, isTimeZone } from '@seawall/calendar';
import { SettingError } from './setting-error.ts';

/** How `seawall up` runs; every field has a flag, a `SEAWALL_*` variable and a line in `seawall.yaml`. */
export interface Settings {
  readonly dataDir: string;
  readonly bind: string;
  readonly mqttPort: number;
  readonly mqttWsPort: number;
  readonly httpPort: number;
  readonly store: 'duckdb';
  readonly timeZone: string;
  readonly rulesDir: string;
  readonly auth: boolean;
  readonly simulate: string | undefined;
  /** GeoJSON file of the districts. */
  readonly map: string | undefined;
  readonly telegrafTopic: string | undefined;
  readonly watermarkDelayMs: number;
  readonly idleAfterMs: number;
  readonly journalMaxAgeMs: number;
  readonly journalMaxBytes: number;
  readonly storeMemoryMb: number;
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

/** Refuses a value with the rest of a sentence that begins with the setting's name. */
function refuse(reason: string): never {
  throw new SettingError(reason);
}

function port(text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && value <= 65_535 && text.trim() !== ''
    ? value
    : refuse(`must be a port from 0 to 65535 (0 takes a free one), not "${text}".`);
}

function duration(text: string): number {
  try {
    return durationMs(text);
  } catch {
    return refuse(`must be a duration such as 10s, 5m or 7d, not "${text}".`);
  }
}

const BYTE_UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(MB|GB|TB)$/.exec(text);
  const unit = BYTE_UNITS[match?.[2] ?? ''];
  return match !== null && unit !== undefined && Number(match[1]) > 0
    ? Number(match[1]) * unit
    : refuse(`must be a size such as 500MB or 4GB, not "${text}".`);
}

function timeZone(text: string): string {
  return isTimeZone(text) ? text : refuse(`must be an IANA time zone such as Asia/Shanghai, not "${text}".`);
}

function store(text: string): 'duckdb' {
  if (text === 'duckdb') return text;
  if (text === 'influx') refuse('can\'t be "influx" yet: that store is not built. Use duckdb, the embedded one.');
  return refuse(`must be duckdb, not "${text}".`);
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

function logLevel(text: string): string {
  return LOG_LEVELS.includes(text) ? text : refuse(`must be one of ${LOG_LEVELS.join(', ')}, not "${text}".`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : refuse(`must be a whole number above 0, not "${text}".`);
}

function text(value: string): string {
  return value.trim() === '' ? refuse('must not be empty.') : value;
}

/** Topics that have a meaning of their own already can't be Telegraf's as well. */
function telegrafTopic(value: string): string {
  if (!/^[^/+#$\u0000-\u001f][^+#\u0000-\u001f]*$/.test(value) || value.endsWith('/') || value.includes('//'))
    refuse(`must be a topic such as telegraf, without wildcards and without a slash at its ends, not "${value}".`);
  if (/^(city|v1\/devices\/me|v1\/gateway|v2\/(t|a|r|fw|sw))(\/|$)/.test(value))
    refuse(`can't be "${value}", which means something else to the hub already; telegraf is Telegraf's default.`);
  return value;
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
  store: setting('store', 'name', 'duckdb', 'series store: duckdb', store),
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
  journalMaxAgeMs: setting(
    'journal-max-age',
    'duration',
    '7d',
    'how long the journal keeps what every role has read',
    duration,
  ),
  journalMaxBytes: setting('journal-max-size', 'size', '4GB', 'how much of it the journal keeps at most', bytes),
  storeMemoryMb: setting('store-memory', 'MB', '1024', 'memory the series store may use, in MB', wholeNumber),
  queryTimeoutMs: setting('query-timeout', 'duration', '30s', 'how long one query may run', duration),
  logLevel: setting('log-level', 'level', 'info', 'debug, info, warn or error', logLevel),
} satisfies { readonly [K in Exclude<keyof Settings, 'auth'>]: SettingSpec<Settings[K]> };

export type SettingName = keyof typeof SETTINGS;

/** `mqtt-port` → `SEAWALL_MQTT_PORT`. */
export function variableOf(flag: string): string {
  return `SEAWALL_${flag.toUpperCase().replaceAll('-', '_')}`;
}
