import type { HealthCheck, HealthReport } from '@seawall/api';
import type { Gateway } from '@seawall/gateway';
import type { Journal, JournalStatus } from '@seawall/ports';
import { sizeText } from './amounts.ts';
import type { ClockWatch } from './clock/clock-watch.ts';
import type { DiskWatch } from './disk/disk-watch.ts';
import type { EngineView } from './roles/engine-view.ts';
import type { Maintainer } from './roles/maintainer.ts';
import type { Role } from './roles/role.ts';

/** How far behind the log's end a role may be before the hub says that it isn't ready. */
const MAX_LAG_ENTRIES = 20_000;
/** A flush takes milliseconds; whoever waits this long waits for a disk that hangs. */
const MAX_WAIT_MS = 5_000;

export interface HealthView {
  readonly journal: Pick<Journal, 'status'>;
  readonly gateway: Pick<Gateway, 'status'>;
  readonly roles: readonly Pick<Role, 'status'>[];
  readonly engine: Pick<EngineView, 'refused' | 'unsaved'>;
  readonly clock: Pick<ClockWatch, 'expirySentence' | 'stampsSentence'>;
  readonly disk: Pick<DiskWatch, 'status' | 'sentence'>;
  readonly maintainer: Pick<Maintainer, 'status'>;
  readonly journalBounds: { readonly highWaterBytes: number };
}

/** Ready means: what is published now is kept, decided on and found by a query. */
export function health(view: HealthView): HealthReport {
  const status = view.journal.status();
  const checks = [
    journalCheck(status, view.journalBounds),
    clockCheck(view.clock),
    diskCheck(view.disk),
    gatewayCheck(view.gateway),
    ...view.roles.map((role) => roleCheck(role, status.lastSeq, view.engine)),
    maintenanceCheck(view.maintainer, view.clock),
  ];
  return { ready: checks.every(({ ok }) => ok), checks };
}

function journalCheck(status: JournalStatus, { highWaterBytes }: HealthView['journalBounds']): HealthCheck {
  const { writable, failure = 'The last write failed.', suspendedBy, bytes } = status;
  if (writable) {
    // It has room inside, so nothing is wrong for those who send.
    const grown = bytes > highWaterBytes ? `; its file has grown to ${sizeText(bytes)} and does not shrink` : '';
    return { name: 'journal', ok: true, detail: `written and flushed${grown}` };
  }
  return { name: 'journal', ok: false, detail: suspendedBy === 'readers' ? `${failure} ${furthest(status)}` : failure };
}

function furthest({ consumers, lastSeq }: JournalStatus): string {
  const behind = [...consumers].sort((a, b) => a.seq - b.seq)[0];
  if (behind === undefined) return 'Nobody reads it.';
  return `Furthest behind is "${behind.name}", with ${lastSeq - behind.seq} entries to read.`;
}

/** Stamps go on by themselves meanwhile, so everybody is served: the hub is ready all the same. */
function clockCheck(clock: HealthView['clock']): HealthCheck {
  return { name: 'clock', ok: true, detail: clock.stampsSentence() ?? "is not behind the journal's last entry" };
}

/** A disk that is only low is told, but keeps nobody out: the hub is ready all the same. */
function diskCheck(disk: HealthView['disk']): HealthCheck {
  return { name: 'disk', ok: disk.status().state !== 'full', detail: disk.sentence() };
}

/** Without it answers come slower and what has expired stays; whoever sends or asks is served all the same. */
function maintenanceCheck(maintainer: HealthView['maintainer'], clock: HealthView['clock']): HealthCheck {
  const { failure } = maintainer.status();
  const waits = clock.expirySentence();
  const works =
    waits === undefined ? 'orders what is stored, and lets go what has expired' : `orders what is stored; ${waits}`;
  const detail = failure ?? works;
  return { name: 'maintenance', ok: true, detail };
}

function gatewayCheck(gateway: HealthView['gateway']): HealthCheck {
  const { accepting, oldestWaitMs } = gateway.status();
  if (!accepting)
    return { name: 'gateway', ok: false, detail: 'The journal takes nothing, so nothing is acknowledged.' };
  if (oldestWaitMs > MAX_WAIT_MS) {
    const detail = `A message has waited ${Math.round(oldestWaitMs / 1000)} s for the disk; nothing is acknowledged meanwhile.`;
    return { name: 'gateway', ok: false, detail };
  }
  return { name: 'gateway', ok: true, detail: 'accepts and acknowledges' };
}

function roleCheck(role: Pick<Role, 'status'>, lastSeq: number, engine: HealthView['engine']): HealthCheck {
  const { name, running, seq, failure } = role.status();
  if (failure !== undefined) return { name, ok: false, detail: failure };
  const lag = lastSeq - seq;
  const detail = `${lag} entries behind the journal's end${name === 'engine' ? engineText(engine) : ''}`;
  return { name, ok: running && lag <= MAX_LAG_ENTRIES, detail };
}

function engineText({ refused, unsaved }: HealthView['engine']): string {
  return `${refusedText(refused)}${unsaved === undefined ? '' : `; its state was not kept: ${unsaved}`}`;
}

/** A rule that can't be run is told, but harms nobody else: the hub is ready all the same. */
function refusedText(refused: EngineView['refused']): string {
  if (refused.length === 0) return '';
  const which = refused.slice(0, 10).map(({ id, version, message }) => `"${id}" version ${version}: ${message}`);
  return `; rules not run: ${which.join('; ')}${refused.length > which.length ? '; …' : ''}`;
}
