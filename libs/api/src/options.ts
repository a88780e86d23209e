import type { Acceptance, Backups, Cursor, Journal, Registry, SeriesStore } from '@seawall/ports';
import type { Turns } from './http/turns.ts';
import type { MetricFamily } from './metrics/metric-family.ts';

/** Where a message of the server goes; fields are plain data and never hold a secret. */
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface ApiLog {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** A sentence for the operator: what was looked at, and what is wrong. */
  readonly detail: string;
}

export interface HealthReport {
  readonly ready: boolean;
  readonly checks: readonly HealthCheck[];
}

/** Every bound of the server. Sizes are bytes, times milliseconds. */
export interface ApiLimits {
  /** Of a telemetry body, as sent and as inflated. */
  readonly telemetryBytes: number;
  /** Of every other body. */
  readonly bodyBytes: number;
  /** Of all bodies that are held at one time. */
  readonly heldBytes: number;
  readonly connections: number;
  readonly streams: number;
  /** Queries that run at one time. */
  readonly queries: number;
  readonly rules: number;
  /** Until a request's headers are here. */
  readonly headersMs: number;
  /** Until a whole request is here. */
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** How long a reader of an answer or a stream may take nothing before it is cut off. */
  readonly stallMs: number;
  /** Silence on a stream after which a comment is sent. */
  readonly pingMs: number;
  /** Between two events of the overview. */
  readonly overviewMs: number;
  /** How long a scrape or an overview waits for a store that may not answer; and between two looks whether it is back. */
  readonly storeMs: number;
  /** How long a change waits to be seen by registrar and engine before it is answered 202. */
  readonly appliedMs: number;
  /** How long `close` waits for answers under way. */
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
  telemetryBytes: 16 * 1024 * 1024,
  bodyBytes: 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  connections: 2000,
  streams: 200,
  queries: 16,
  rules: 1000,
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 65_000,
  stallMs: 60_000,
  pingMs: 15_000,
  overviewMs: 1_000,
  storeMs: 3_000,
  appliedMs: 4_000,
  closeMs: 5_000,
};

export interface ApiOptions {
  readonly bind: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Asked of every client; undefined asks nothing, and then only requests to a loopback name or an address are taken. */
  readonly token?: string;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly store: SeriesStore;
  readonly acceptance: Acceptance;
  readonly backups: Backups;
  /** Resolves when registrar and engine have passed the place, or with false; the API waits `limits.appliedMs` at most. */
  applied(cursor: Cursor): Promise<boolean | void>;
  /** Given when others change rules too: each change takes a turn, so that versions have neither gaps nor doubles. */
  readonly ruleTurns?: Turns;
  health(): HealthReport;
  /** What only the hub can count; the ports' own figures are added here. */
  metrics(): Promise<readonly MetricFamily[]>;
  /** IANA name; what a query without one is answered in. */
  readonly timeZone: string;
  /** Folders whose HTML, CSS, JavaScript and SVG files are the page at `/`; without one there is none. */
  readonly pageDirs?: readonly string[];
  /** GeoJSON of the districts, for the page. */
  readonly map?: string;
  readonly version: string;
  readonly limits?: Partial<ApiLimits>;
  /** Epoch ms; the system's clock unless given. */
  readonly now?: () => number;
  readonly log: ApiLog;
}
