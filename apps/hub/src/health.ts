import type { HealthReport } from '@seawall/api';
import type { Journal } from '@seawall/ports';
import type { Role } from './roles/role.ts';

/** How far behind the log's end a role may be before the hub says that it isn't ready. */
const MAX_LAG_ENTRIES = 20_000;

/** Ready means: what is published now is kept, decided on and found by a query. */
export function health({
  journal,
  roles,
}: {
  readonly journal: Journal;
  readonly roles: readonly Role[];
}): HealthReport {
  const { writable, failure, lastSeq } = journal.status();
  const checks = [
    { name: 'journal', ok: writable, detail: writable ? 'written and flushed' : (failure ?? 'The last write failed.') },
    ...roles.map((role) => {
      const status = role.status();
      const lag = lastSeq - status.seq;
      if (status.failure !== undefined) return { name: status.name, ok: false, detail: status.failure };
      return {
        name: status.name,
        ok: status.running && lag <= MAX_LAG_ENTRIES,
        detail: `${lag} entries behind the journal's end`,
      };
    }),
  ];
  return { ready: checks.every(({ ok }) => ok), checks };
}
