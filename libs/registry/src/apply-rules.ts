import type { EntryOf } from '@seawall/ports';
import type { Transaction } from 'kysely';
import { chunks } from './chunks.ts';
import type { Tables } from './tables.ts';

/** Keeps the newest version of each rule; a deleted one as well, so that its next version is known. */
export async function applyRules(trx: Transaction<Tables>, entries: readonly EntryOf<'rule'>[]): Promise<void> {
  const newest = new Map(entries.map(({ payload }) => [payload.id, payload]));
  for (const chunk of chunks([...newest.values()])) {
    await trx
      .insertInto('rule')
      .values(
        chunk.map((version) => ({
          id: version.id,
          deleted: version.rule === null ? 1 : 0,
          rule_version: JSON.stringify(version),
        })),
      )
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          deleted: eb.ref('excluded.deleted'),
          rule_version: eb.ref('excluded.rule_version'),
        })),
      )
      .execute();
  }
}
