import type { HealthCheck, HealthReport } from '@seawall/api';
import type { Gateway } from '@seawall/gateway';
import type { Journal } from '@seawall/ports';
import type { EngineView } from './roles/engine-view.ts';
import type { Role } from './roles/role.ts';

/** How far behind the log's end a role may be before the hub says that it isn't ready. */
const MAX_LAG_ENTRIES = 20_000;
/** A flush takes milliseconds; whoever waits this long waits for a disk that hangs. */
const MAX_WAIT_MS = 5_000;

export interface HealthView {
  readonly journal: Pick<Journal, 'status'>;
  readonly gateway: Pick<Gateway, 'status'>;
  readonly roles: readonly Pick<Role, 'status'>[];
  readonly engine: Pick<EngineView, 'refused'>;
}

/** Ready means: what is published now is kept, decided on and found by a query. */
export function health(view: HealthView): HealthReport {
  const { writable, failure, lastSeq } = view.journal.status();
  const journal = {
    name: 'journal',
    ok: writable,
    detail: writable ? 'written and flushed' : (failure ?? 'The last write failed.'),
  };
  const checks = [
    journal,
    gatewayCheck(view.gateway),
    ...view.roles.map((role) => roleCheck(role, lastSeq, view.engine)),
  ];
  return { ready: checks.every(({ ok }) => ok), checks };
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

function roleCheck(role: Pick<Role, 'status'>, lastSeq: number, { refused }: HealthView['engine']): HealthCheck {
  const { name, running, seq, failure } = role.status();
  if (failure !== undefined) return { name, ok: false, detail: failure };
  const lag = lastSeq - seq;
  const detail = `${lag} entries behind the journal's end${name === 'engine' ? refusedText(refused) : ''}`;
  return { name, ok: running && lag <= MAX_LAG_ENTRIES, detail };
}

/** A rule that can't be run is told, but harms nobody else: the hub is ready all the same. */
function refusedText(refused: EngineView['refused']): string {
  if (refused.length === 0) return '';
  const which = refused.slice(0, 10).map(({ id, version, message }) => `"${id}" version ${version}: ${message}`);
  return `; rules not run: ${which.join('; ')}${refused.length > which.length ? '; …' : ''}`;
}
