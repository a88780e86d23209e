export interface InfluxStoreOptions {
  /** Where InfluxDB listens, with the path before its own, if there is one: "http://127.0.0.1:8086". */
  readonly url: string;
  /** Of InfluxDB 2 and 3; a user and password of InfluxDB 1 as "user:password". */
  readonly token?: string;
  /** The organisation, by its name; InfluxDB 2 wants one. */
  readonly org?: string;
  /** The database, or the first part of the buckets' names; "seawall" unless given. */
  readonly database?: string;
  /**
   * What tells the log that is written here from any other: a store that was written from another one is refused. Not
   * looked at unless given.
   */
  readonly log?: string;
  /** Which API writes go to; found out by asking the server unless given. */
  readonly api?: InfluxApi | 'auto';
  /** How long a body or a statement may take, but for queries; 30,000 unless given. */
  readonly requestTimeoutMs?: number;
  /** How long a query may wait for InfluxDB, in all; 30,000 unless given. */
  readonly queryTimeoutMs?: number;
  /** Whether bodies are sent compressed; unless given, to hosts other than this one. */
  readonly gzip?: boolean;
}

/** 1: `/write` with database and policy. 2: `/api/v2/write` with a bucket, as InfluxDB 2 and 3 have it. */
export type InfluxApi = 1 | 2;

export interface InfluxStoreSettings {
  readonly url: string;
  readonly token: string | undefined;
  readonly org: string | undefined;
  readonly database: string;
  readonly log: string | undefined;
  readonly api: InfluxApi | 'auto';
  readonly requestTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly gzip: boolean;
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** @throws Error with a sentence when the address is none */
export function settingsOf(options: InfluxStoreOptions): InfluxStoreSettings {
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol))
    throw new Error(`"${options.url}" is not the address of an InfluxDB; write it like http://127.0.0.1:8086.`);
  return {
    url: options.url,
    token: options.token,
    org: options.org,
    database: options.database ?? 'seawall',
    log: options.log,
    api: options.api ?? 'auto',
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    queryTimeoutMs: options.queryTimeoutMs ?? 30_000,
    gzip: options.gzip ?? !LOOPBACK.has(new URL(options.url).hostname),
  };
}
