import { setTimeout as sleep } from 'node:timers/promises';
import { hubMetrics, metric, type HubMetrics } from '../support/hub-metrics.ts';
import { mebibytes, residentFileBytes } from '../support/process-memory.ts';
import type { RunningHub } from '../support/start-hub.ts';
import { waitUntil } from '../support/wait-until.ts';

const ROLES = ['writer', 'engine', 'registrar', 'notifier'] as const;

/** One look at a running hub. */
export interface Look {
  /** Since the watch began. */
  readonly atMs: number;
  readonly residentMiB: number;
  /** Null where the system does not say. */
  readonly filePagesMiB: number | null;
  readonly lagMs: Readonly<Record<string, number>>;
  readonly lagEntries: Readonly<Record<string, number>>;
  readonly engineBusyMs: number;
  readonly snapshotMs: number;
  readonly snapshotMiB: number;
}

/** Looks at a hub every second, from outside, until it is stopped. */
export class HubWatch {
  readonly looks: Look[] = [];
  readonly #hub: RunningHub;
  readonly #began = performance.now();
  readonly #watching: Promise<void>;
  #stopped = false;

  constructor(hub: RunningHub) {
    this.#hub = hub;
    this.#watching = this.#watch();
  }

  async stop(): Promise<readonly Look[]> {
    this.#stopped = true;
    await this.#watching;
    return this.looks;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      this.looks.push(lookAt(this.#hub, await hubMetrics(this.#hub.http), performance.now() - this.#began));
      await sleep(1_000);
    }
  }
}

/** @returns how long it took until no role was more than two seconds behind, ms */
export async function caughtUp(hub: RunningHub): Promise<number> {
  const began = performance.now();
  await waitUntil('every role has caught up', async () => worstLagMs(await hubMetrics(hub.http)) < 2_000, 600_000, 100);
  return performance.now() - began;
}

/** From the log's last entry back to where the slowest role is, by stamps. */
function worstLagMs(metrics: HubMetrics): number {
  return Math.max(...ROLES.map((role) => metrics.get(roleMetric('lag_seconds', role)) ?? Infinity)) * 1000;
}

function lookAt(hub: RunningHub, metrics: HubMetrics, atMs: number): Look {
  const last = metric(metrics, 'seawall_journal_last_seq');
  const filePages = residentFileBytes(hub.pid);
  return {
    atMs,
    residentMiB: mebibytes(hub.residentBytes()),
    filePagesMiB: filePages === undefined ? null : mebibytes(filePages),
    lagMs: ofRoles((role) => (metrics.get(roleMetric('lag_seconds', role)) ?? 0) * 1000),
    lagEntries: ofRoles((role) => Math.max(0, last - metric(metrics, roleMetric('seq', role)))),
    engineBusyMs: metric(metrics, 'seawall_engine_busy_seconds_total') * 1000,
    snapshotMs: metric(metrics, 'seawall_engine_snapshot_seconds') * 1000,
    snapshotMiB: metric(metrics, 'seawall_engine_snapshot_bytes') / 1024 ** 2,
  };
}

const roleMetric = (what: string, role: string) => `seawall_role_${what}{role="${role}"}`;

function ofRoles(value: (role: string) => number): Record<string, number> {
  return Object.fromEntries(ROLES.map((role) => [role, value(role)]));
}
