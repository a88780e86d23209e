import type { LastRun } from '../last-run.ts';
import { messageOf } from '@seawall/devices-sim/errors';
import type { JournalRoom } from './check-journal.ts';
import type { JournalProbe } from './probe-journal.ts';

const ANSWER_WITHIN_MS = 5_000;
/** Far above any answer of a hub's; what listens there may be something else, which never ends. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

export interface HubAnswer extends JournalProbe {
  readonly version?: string;
}

/** What a running hub tells of itself. @param token without it a guarded hub tells little */
export async function askHub(url: string, token: string | undefined): Promise<HubAnswer> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const get = (path: string) =>
    fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS), redirect: 'error' });
  try {
    const health = JSON.parse(await textOf(await get('/healthz'))) as { version?: string };
    const { ready, checks } = JSON.parse(await textOf(await get('/readyz'))) as Readiness;
    const metrics = await get('/metrics');
    const samples = metrics.ok ? parseMetrics(await textOf(metrics)) : undefined;
    return {
      ...(health.version === undefined ? {} : { version: health.version }),
      facts: {
        kind: 'running',
        url,
        ready,
        tokenRefused: token !== undefined && metrics.status === 401,
        failing: checks?.filter(({ ok }) => !ok).map(({ name, detail }) => ({ name, detail })),
        lags: samples && lagsOf(samples),
        room: samples && roomOf(samples),
      },
      ...(samples === undefined ? {} : whatMetricsTell(samples)),
    };
  } catch (error) {
    return { facts: { kind: 'unreachable', url, message: messageOf(error) } };
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of (body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_CHARACTERS) throw new Error('its answer does not end, so it is no hub');
  }
  return text;
}

interface Readiness {
  readonly ready: boolean;
  readonly checks?: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format of Prometheus, as far as Seawall writes it: no timestamps. */
export function parseMetrics(text: string): readonly Sample[] {
  return [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels = '', value]) => ({
    name: name!,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key!, text!])),
    value: Number(value),
  }));
}

function lagsOf(samples: readonly Sample[]): Record<string, number> {
  const lags = samples.filter(({ name }) => name === 'seawall_journal_lag_entries');
  return Object.fromEntries(lags.map(({ labels, value }) => [labels.consumer ?? '', value]));
}

function valueOf(samples: readonly Sample[], wanted: string): number | undefined {
  return samples.find(({ name }) => name === wanted)?.value;
}

/** @returns undefined of a hub of an older release */
function roomOf(samples: readonly Sample[]): JournalRoom | undefined {
  const bytes = valueOf(samples, 'seawall_journal_bytes');
  const limitBytes = valueOf(samples, 'seawall_journal_limit_bytes');
  const highWaterBytes = valueOf(samples, 'seawall_journal_high_water_bytes');
  if (bytes === undefined || limitBytes === undefined || highWaterBytes === undefined) return undefined;
  return { bytes, keptBytes: valueOf(samples, 'seawall_journal_kept_bytes') ?? bytes, limitBytes, highWaterBytes };
}

function whatMetricsTell(samples: readonly Sample[]): Pick<JournalProbe, 'lastStamp' | 'lastRun' | 'levels'> {
  const value = (wanted: string) => valueOf(samples, wanted);
  const lastStamp = value('seawall_journal_last_stamp_seconds');
  const run = lastRunOf(value('seawall_previous_run_clean'), value('seawall_previous_run_end_seconds'));
  const [lowBytes, reserveBytes] = [value('seawall_disk_low_bytes'), value('seawall_disk_reserve_bytes')];
  return {
    ...(lastStamp === undefined ? {} : { lastStamp: lastStamp * 1000 }),
    ...(run === undefined ? {} : { lastRun: run }),
    ...(lowBytes === undefined || reserveBytes === undefined ? {} : { levels: { lowBytes, reserveBytes } }),
  };
}

/** The hub leaves the figures out when it runs for the first time. */
function lastRunOf(clean: number | undefined, endSeconds: number | undefined): LastRun {
  if (clean === undefined || endSeconds === undefined) return { kind: 'none' };
  return { kind: clean === 1 ? 'clean' : 'crash', stamp: endSeconds * 1000 };
}
