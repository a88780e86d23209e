import type { Kysely } from 'kysely';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** The registry was written by a newer Seawall, whose schema this one does not know. */
export class RegistryTooNewError extends Error {
  override readonly name = 'RegistryTooNewError';
}

interface VersionTables {
  schema_migration: { number: number; name: string };
}

/**
 * Brings a database to the newest schema, each step with its number in one transaction.
 * @param where the database, for the sentence of an error
 * @throws RegistryTooNewError
 */
export async function migrate(
  db: Kysely<unknown>,
  where: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const version = await schemaVersion(db);
  if (version > migrations.length) {
    throw new RegistryTooNewError(
      `The registry ${where} has schema version ${version}, and this Seawall knows versions up to ` +
        `${migrations.length}. Start the newer Seawall that wrote it, or restore a backup from before.`,
    );
  }
  for (const [done, migration] of migrations.entries()) {
    if (done >= version) await step(db, done + 1, migration);
  }
}

async function schemaVersion(db: Kysely<VersionTables>): Promise<number> {
  await db.schema
    .createTable('schema_migration')
    .ifNotExists()
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .execute();
  const newest = await db
    .selectFrom('schema_migration')
    .select((eb) => eb.fn.max('number').as('number'))
    .executeTakeFirst();
  return Number(newest?.number ?? 0);
}

async function step(db: Kysely<VersionTables>, number: number, migration: Migration): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await migration.up(trx as unknown as Kysely<unknown>);
    await trx.insertInto('schema_migration').values({ number, name: migration.name }).execute();
  });
}
