import type { KeptRejection, EntryOf } from '@seawall/ports';
import type { Transaction } from 'kysely';
import { chunks } from './chunks.ts';
import type { RejectionTable, Tables } from './tables.ts';

/** Counts every rejection by its reason, and keeps the newest. @param kept how many */
export async function applyRejections(
  trx: Transaction<Tables>,
  entries: readonly EntryOf<'rejections'>[],
  kept: number,
): Promise<void> {
  const rejections = entries.flatMap(({ seq, payload }) =>
    payload.map((rejection, place): KeptRejection => ({ id: `${seq}-${place}`, ...rejection })),
  );
  await count(trx, rejections);
  const newest = rejections.slice(Math.max(0, rejections.length - kept));
  const first = (await lastNumber(trx)) + 1;
  for (const chunk of chunks(newest.map((rejection, i) => rejectionRow(first + i, rejection)))) {
    await trx.insertInto('rejection').values(chunk).execute();
  }
  const last = first + newest.length - 1;
  await trx
    .deleteFrom('rejection')
    .where('n', '<=', last - kept)
    .execute();
}

async function lastNumber(trx: Transaction<Tables>): Promise<number> {
  const row = await trx
    .selectFrom('rejection')
    .select((eb) => eb.fn.max('n').as('last'))
    .executeTakeFirst();
  return Number(row?.last ?? 0);
}

async function count(trx: Transaction<Tables>, rejections: readonly KeptRejection[]): Promise<void> {
  const counts = new Map<string, number>();
  for (const { reason, count = 1 } of rejections) counts.set(reason, (counts.get(reason) ?? 0) + count);
  const rows = [...counts].map(([reason, more]) => ({ reason, count: more }));
  if (rows.length === 0) return;
  await trx
    .insertInto('rejection_count')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('reason')
        .doUpdateSet((eb) => ({ count: eb('rejection_count.count', '+', eb.ref('excluded.count')) })),
    )
    .execute();
}

function rejectionRow(n: number, rejection: KeptRejection): RejectionTable {
  return {
    n,
    device: rejection.device ?? null,
    domain: rejection.domain ?? null,
    reason: rejection.reason,
    rejection: JSON.stringify(rejection),
  };
}
