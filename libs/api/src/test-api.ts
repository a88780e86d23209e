import { ReadingBatchBuilder, UNDESCRIBED } from '@seawall/model';
import type { Alert, AlertTransition, ReadingBatch, Rule, Series } from '@seawall/model';
import { cursorSeq } from '@seawall/ports';
import type {
  Acceptance,
  BackupView,
  Cursor,
  EntryDraft,
  Journal,
  Receipt,
  Registry,
  SeriesStore,
  TelemetrySubmission,
} from '@seawall/ports';
import { createMemoryJournal, createMemoryRegistry, createMemorySeriesStore } from '@seawall/ports/memory';
import type { ApiHandle, ApiOptions } from './index.ts';
import { startApi } from './index.ts';

export const NOW = 1_790_000_000_000;

export const BACKUP: BackupView = {
  name: 'nightly',
  state: 'running',
  directory: '/backups/nightly',
  startedAt: NOW,
  finishedAt: null,
  step: 'copying',
  progress: 0.5,
  bytes: 10,
  readings: null,
  series: null,
  failure: null,
};

/** What a client reads, by the members that tests look at. */
export interface Body {
  readonly [member: string]: unknown;
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly issues: readonly { readonly field: string; readonly path: string }[];
  readonly items: readonly (Series & { readonly id: string; readonly reason: string; readonly latest: unknown })[];
  readonly next: string | null;
  readonly series: readonly { readonly values: Readonly<Record<string, readonly number[]>> }[];
  readonly version: number;
  readonly rule: Rule;
  readonly alert: Alert;
  readonly transitions: readonly AlertTransition[];
}

export interface TestApi extends ApiHandle {
  readonly journal: Journal;
  readonly registry: Registry;
  readonly store: SeriesStore;
  readonly submissions: TelemetrySubmission[];
  readonly logged: string[];
  /** Applies what is in the journal to the registry, as the registrar does. */
  catchUp(): Promise<void>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  json(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: Body }>;
}

/** A server on a free port over memory adapters; `applied` runs the registrar. */
export async function testApi(
  overrides: Partial<ApiOptions> & { receipt?: () => Promise<Receipt> } = {},
): Promise<TestApi> {
  const journal = overrides.journal ?? createMemoryJournal({ now: () => NOW });
  const registry = overrides.registry ?? createMemoryRegistry();
  const store = overrides.store ?? createMemorySeriesStore();
  const submissions: TelemetrySubmission[] = [];
  const logged: string[] = [];
  const receipt = overrides.receipt ?? (async () => ({ accepted: 1, rejected: 0, errors: [] }));
  const acceptance: Acceptance = {
    submit: (submission) => {
      submissions.push(submission);
      return receipt();
    },
    reject: async (rejection, origin) => {
      await journal.append([{ kind: 'rejections', origin, payload: [{ ...rejection, receivedAt: NOW }] }]);
    },
  };
  const catchUp = async (): Promise<void> => {
    for await (const { entries, cursor } of journal.read(registry.cursor(), { follow: false }))
      await registry.apply(entries, cursor);
  };
  const note = (message: string, fields: object = {}): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const api = await startApi({
    bind: '127.0.0.1',
    port: 0,
    journal,
    registry,
    store,
    acceptance,
    backups: { start: async () => BACKUP, list: async () => [BACKUP] },
    applied: async (cursor: Cursor) => {
      await catchUp();
      return cursorSeq(registry.cursor()) >= cursorSeq(cursor);
    },
    health: () => ({ ready: true, checks: [{ name: 'journal', ok: true, detail: 'It takes writes.' }] }),
    metrics: async () => [],
    timeZone: 'UTC',
    version: '0.1.0',
    now: () => NOW,
    log: { info: note, warn: note, error: note },
    ...overrides,
  });
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${api.url}${path}`, init);
  return {
    ...api,
    journal,
    registry,
    store,
    submissions,
    logged,
    catchUp,
    fetch: get,
    json: async (path, init) => {
      const response = await get(path, init);
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? undefined : JSON.parse(text)) as Body,
      };
    },
  };
}

export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers };
}

/** `[domain, device, metric, eventTime, value]` */
export type Row = readonly [string, string, string, number, number];

export function batchOf(...rows: readonly Row[]): ReadingBatch {
  const builder = new ReadingBatchBuilder();
  const known = new Map<string, { domain: string; device: string; metric: string }>();
  for (const [domain, device, metric, time, value] of rows) {
    const key = `${domain}/${device}/${metric}`;
    const series = known.get(key) ?? { domain, device, metric };
    known.set(key, series);
    builder.add(series, UNDESCRIBED, time, value, 0);
  }
  return builder.take();
}

export function readings(...rows: readonly Row[]): EntryDraft {
  return { kind: 'readings', origin: 'live', payload: batchOf(...rows) };
}

export const RULE: Rule = {
  id: 'pm25-high',
  severity: 'major',
  when: { domain: 'environment', metric: 'pm25', aggregate: 'mean', window: '1h', above: 150 },
};

export function alertOf(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'a1',
    key: 'pm25-high{device=aq-7}',
    revision: 1,
    state: 'firing',
    severity: 'major',
    mode: 'actual',
    rule: 'pm25-high',
    summary: 'Fine dust is high',
    labels: { domain: 'environment', device: 'aq-7' },
    annotations: {},
    metric: 'pm25',
    unit: 'ug/m3',
    value: 187,
    startsAt: '2026-09-21T11:00:00.000Z',
    updatedAt: '2026-09-21T14:00:00.000Z',
    endsAt: null,
    ack: null,
    silencedBy: [],
    inhibitedBy: [],
    location: null,
    url: null,
    evidence: {
      domain: 'environment',
      aggregate: 'mean',
      windowStart: '2026-09-21T13:00:00.000Z',
      windowEnd: '2026-09-21T14:00:00.000Z',
      count: 60,
      threshold: 'above 150',
    },
    corrects: null,
    ...changes,
  };
}

export function transition(
  from: AlertTransition['from'],
  to: AlertTransition['to'],
  changes: Partial<Alert> = {},
): EntryDraft {
  const state = to === 'inactive' ? 'pending' : to;
  const alert = alertOf({ state, ...changes });
  return {
    kind: 'transition',
    origin: 'live',
    payload: { from, to, alert, because: 'mean 187 above 150', levels: { domain: 'environment' } },
  };
}
