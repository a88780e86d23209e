import type { EntryOf } from '@seawall/ports';
import type { Transaction } from 'kysely';
import { chunks } from './chunks.ts';
import type { AlertTable, AlertTransitionTable, Tables } from './tables.ts';

type TransitionEntry = EntryOf<'transition'>;

/** Keeps each alert as its last transition left it, and every transition as its history. */
export async function applyTransitions(trx: Transaction<Tables>, entries: readonly TransitionEntry[]): Promise<void> {
  const newest = new Map(entries.map((entry) => [entry.payload.alert.id, entry]));
  for (const chunk of chunks([...newest.values()])) await writeAlerts(trx, chunk.map(alertRow));
  for (const chunk of chunks(entries)) {
    await trx.insertInto('alert_transition').values(chunk.map(transitionRow)).execute();
  }
}

async function writeAlerts(trx: Transaction<Tables>, rows: AlertTable[]): Promise<void> {
  await trx
    .insertInto('alert')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'),
        severity: eb.ref('excluded.severity'),
        rule: eb.ref('excluded.rule'),
        domain: eb.ref('excluded.domain'),
        device: eb.ref('excluded.device'),
        changed_seq: eb.ref('excluded.changed_seq'),
        alert: eb.ref('excluded.alert'),
      })),
    )
    .execute();
}

function alertRow({ seq, payload: { alert, to } }: TransitionEntry): AlertTable {
  return {
    id: alert.id,
    state: to,
    severity: alert.severity,
    rule: alert.rule,
    domain: alert.labels['domain'] ?? null,
    device: alert.labels['device'] ?? null,
    changed_seq: seq,
    alert: JSON.stringify(alert),
  };
}

function transitionRow({ seq, payload }: TransitionEntry): AlertTransitionTable {
  return { seq, alert_id: payload.alert.id, transition: JSON.stringify(payload) };
}
