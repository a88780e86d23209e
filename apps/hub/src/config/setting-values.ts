import { durationMs, isTimeZone } from '@seawall/calendar';
import { retainedMs } from './retention.ts';
import { SettingError } from './setting-error.ts';

/** Refuses a value with the rest of a sentence that begins with the setting's name. */
function refuse(reason: string): never {
  throw new SettingError(reason);
}

export function port(text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && value <= 65_535 && text.trim() !== ''
    ? value
    : refuse(`must be a port from 0 to 65535 (0 takes a free one), not "${text}".`);
}

export function duration(text: string): number {
  try {
    return durationMs(text);
  } catch {
    return refuse(`must be a duration such as 10s, 5m or 7d, not "${text}".`);
  }
}

const LONGEST_LATENESS_MS = 86_400_000;

/** Windows keep their readings in memory until then. */
export function lateness(text: string): number {
  const ms = text === '0' ? 0 : duration(text);
  return ms <= LONGEST_LATENESS_MS
    ? ms
    : refuse(`must be 1d at most, since windows keep their readings in memory so long, not "${text}".`);
}

/** @returns ms, Infinity for "forever" */
export function retained(text: string): number {
  return retainedMs(text) ?? refuse(`must be forever, or at least a day such as 90d, 6M or 2y, not "${text}".`);
}

const BYTE_UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

export function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(MB|GB|TB)$/.exec(text);
  const unit = BYTE_UNITS[match?.[2] ?? ''];
  return match !== null && unit !== undefined && Number(match[1]) > 0
    ? Number(match[1]) * unit
    : refuse(`must be a size such as 500MB or 4GB, not "${text}".`);
}

export function timeZone(text: string): string {
  return isTimeZone(text) ? text : refuse(`must be an IANA time zone such as Asia/Shanghai, not "${text}".`);
}

export function store(text: string): 'duckdb' | 'influx' {
  return text === 'duckdb' || text === 'influx' ? text : refuse(`must be duckdb or influx, not "${text}".`);
}

/** Without user and password: whoever may list processes would read them there. */
export function influxUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '')
    refuse(`must be an address such as http://127.0.0.1:8086, not "${text}".`);
  if (url.username !== '' || url.password !== '')
    refuse('must not hold a user or password; put "user:password" into SEAWALL_INFLUX_TOKEN.');
  return text;
}

/** What InfluxDB keeps for itself, and what would not be the first part of a bucket's name. */
export function influxDatabase(name: string): string {
  return /^[^_/\s][^/]*$/.test(name) && !/[\p{Cc}]/u.test(name)
    ? name
    : refuse(`must be a name such as seawall, without a slash and not beginning with _, not "${name}".`);
}

export function influxApi(text: string): 'auto' | 1 | 2 {
  if (text === 'auto') return text;
  return text === '1' || text === '2' ? (Number(text) as 1 | 2) : refuse(`must be auto, 1 or 2, not "${text}".`);
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

export function logLevel(text: string): string {
  return LOG_LEVELS.includes(text) ? text : refuse(`must be one of ${LOG_LEVELS.join(', ')}, not "${text}".`);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : refuse(`must be a whole number above 0, not "${text}".`);
}

export function text(value: string): string {
  return value.trim() === '' ? refuse('must not be empty.') : value;
}

/** Topics that have a meaning of their own already can't be Telegraf's as well. */
export function telegrafTopic(value: string): string {
  if (!/^[^/+#$\u0000-\u001f][^+#\u0000-\u001f]*$/.test(value) || value.endsWith('/') || value.includes('//'))
    refuse(`must be a topic such as telegraf, without wildcards and without a slash at its ends, not "${value}".`);
  if (/^(city|v1\/devices\/me|v1\/gateway|v2\/(t|a|r|fw|sw))(\/|$)/.test(value))
    refuse(`can't be "${value}", which means something else to the hub already; telegraf is Telegraf's default.`);
  return value;
}
