import type { DeviceDescription } from '@seawall/model';
import type { Kysely } from 'kysely';

/** One step of the schema. Once released it is never changed: a later step mends it. */
export interface Migration {
  readonly name: string;
  up(db: Kysely<unknown>): Promise<void>;
}

/** In order; the first has number 1. */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'first schema', up: firstSchema },
  { name: 'places of devices', up: placesOfDevices },
  { name: 'alerts by what they are asked for', up: alertsByWhatTheyAreAskedFor },
];

/**
 * Types are chosen to mean the same on SQLite and PostgreSQL. Ids are listed in byte order, which is SQLite's own; on
 * PostgreSQL the database must be created with the "C" collation.
 */
async function firstSchema(db: Kysely<unknown>): Promise<void> {
  await createStateTables(db);
  await createAlertTables(db);
  await createRejectionTables(db);
}

async function createStateTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registry_cursor')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('cursor', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('device')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('search_text', 'text', (column) => column.notNull())
    .addColumn('domains', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('label_spans', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('status_at', 'double precision')
    .addColumn('first_seen', 'double precision', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('device_domain')
    .addColumn('domain', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('device_domain_key', ['domain', 'device'])
    .execute();
  await db.schema
    .createTable('metric')
    .addColumn('domain', 'text', (column) => column.notNull())
    .addColumn('metric', 'text', (column) => column.notNull())
    .addColumn('definition', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('metric_key', ['domain', 'metric'])
    .execute();
  await db.schema
    .createTable('rule')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('deleted', 'integer', (column) => column.notNull())
    .addColumn('rule_version', 'text', (column) => column.notNull())
    .execute();
}

async function createAlertTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alert')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('domain', 'text')
    .addColumn('device', 'text')
    .addColumn('changed_seq', 'bigint', (column) => column.notNull())
    .addColumn('alert', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('alert_changed').on('alert').column('changed_seq').execute();
  await db.schema.createIndex('alert_state_changed').on('alert').columns(['state', 'changed_seq']).execute();
  await db.schema
    .createTable('alert_transition')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('alert_id', 'text', (column) => column.notNull())
    .addColumn('transition', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('alert_transition_alert').on('alert_transition').columns(['alert_id', 'seq']).execute();
}

async function createRejectionTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rejection')
    .addColumn('n', 'bigint', (column) => column.primaryKey())
    .addColumn('device', 'text')
    .addColumn('domain', 'text')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('rejection', 'text', (column) => column.notNull())
    .execute();
  for (const column of ['device', 'domain', 'reason']) {
    await db.schema.createIndex(`rejection_${column}`).on('rejection').columns([column, 'n']).execute();
  }
  await db.schema
    .createTable('rejection_count')
    .addColumn('reason', 'text', (column) => column.primaryKey())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .execute();
}

/** The location of a device, which its description held alone, in columns of its own with an index. */
async function placesOfDevices(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('device').addColumn('lat', 'double precision').execute();
  await db.schema.alterTable('device').addColumn('lon', 'double precision').execute();
  await db.schema.createIndex('device_place').on('device').columns(['lat', 'lon']).execute();
  const devices = db as Kysely<{ device: { id: string; description: string; lat: number; lon: number } }>;
  for (const { id, description } of await devices.selectFrom('device').select(['id', 'description']).execute()) {
    const { location } = JSON.parse(description) as DeviceDescription;
    if (location === undefined) continue;
    await devices.updateTable('device').set({ lat: location.lat, lon: location.lon }).where('id', '=', id).execute();
  }
}

/** So that a page costs as much as it shows, however many alerts there have been. */
async function alertsByWhatTheyAreAskedFor(db: Kysely<unknown>): Promise<void> {
  for (const column of ['severity', 'rule', 'domain', 'device'])
    await db.schema.createIndex(`alert_${column}_changed`).on('alert').columns([column, 'changed_seq']).execute();
}
