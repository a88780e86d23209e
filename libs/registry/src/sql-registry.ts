import type {
  Alert,
  AlertTransition,
  Area,
  Device,
  MetricDefinition,
  RejectionReason,
  RuleVersion,
} from '@seawall/model';
import {
  cursorSeq,
  JOURNAL_START,
  type AlertFilter,
  type AlertHistory,
  type CopyOptions,
  type CopySummary,
  type Cursor,
  type DeviceFilter,
  type EntryOf,
  type JournalEntry,
  type KeptRejection,
  type Page,
  type PageRequest,
  type Registry,
} from '@seawall/ports';
import type { Kysely, Transaction } from 'kysely';
import { applyDevices } from './apply-devices.ts';
import { applyRejections } from './apply-rejections.ts';
import { applyRules } from './apply-rules.ts';
import { applyTransitions } from './apply-transitions.ts';
import { deviceFromRow } from './device-row.ts';
import { findDevicesWithin, listAlerts, listDevices, listRejections, listRules } from './lists.ts';
import type { Tables } from './tables.ts';

const DEVICES_AT_A_TIME = 1000;
/** A cursor that only passed over entries is written once in so many ms of stamps, to spare the disk. */
const CURSOR_EVERY_MS = 1000;

type CopyTo = (path: string, options: CopyOptions) => Promise<CopySummary>;

/** The registry over a migrated database; the same for every dialect. */
export class SqlRegistry implements Registry {
  readonly #db: Kysely<Tables>;
  readonly #keptRejections: number;
  readonly #copy: CopyTo;
  /** What is on disk. */
  #cursor: Cursor;
  /** What has been applied or passed over; at or after `#cursor`. */
  #applied: Cursor;
  #cursorStamp = -Infinity;

  /** @param copy how a database of this dialect is copied while it is in use */
  static async load(db: Kysely<Tables>, keptRejections: number, copy: CopyTo): Promise<SqlRegistry> {
    const row = await db.selectFrom('registry_cursor').select('cursor').executeTakeFirst();
    return new SqlRegistry(db, keptRejections, copy, (row?.cursor ?? JOURNAL_START) as Cursor);
  }

  private constructor(db: Kysely<Tables>, keptRejections: number, copy: CopyTo, cursor: Cursor) {
    this.#db = db;
    this.#keptRejections = keptRejections;
    this.#copy = copy;
    this.#cursor = cursor;
    this.#applied = cursor;
  }

  cursor(): Cursor {
    return this.#cursor;
  }

  async apply(entries: readonly JournalEntry[], cursor: Cursor): Promise<void> {
    if (entries.length === 0) return this.#keep(cursor);
    const applied = cursorSeq(this.#applied);
    if (cursorSeq(cursor) <= applied) return;
    const fresh = entries.filter(({ seq }) => seq > applied);
    const stamp = fresh.at(-1)?.stamp ?? this.#cursorStamp;
    if (fresh.some(isKept) || stamp - this.#cursorStamp >= CURSOR_EVERY_MS) {
      await this.#db.transaction().execute((trx) => this.#write(trx, fresh, cursor));
      this.#cursor = cursor;
      this.#cursorStamp = stamp;
    }
    this.#applied = cursor;
  }

  /** A place alone, or the one after what was applied if that is further on: trimming may wait for it. */
  async #keep(cursor: Cursor): Promise<void> {
    if (cursorSeq(cursor) > cursorSeq(this.#applied)) this.#applied = cursor;
    if (this.#applied === this.#cursor) return;
    await this.#db.transaction().execute((trx) => writeCursor(trx, this.#applied));
    this.#cursor = this.#applied;
  }

  async #write(trx: Transaction<Tables>, entries: readonly JournalEntry[], cursor: Cursor): Promise<void> {
    const devices = ofKind(entries, 'device');
    if (devices.length > 0) await applyDevices(trx, devices);
    const rules = ofKind(entries, 'rule');
    if (rules.length > 0) await applyRules(trx, rules);
    const transitions = ofKind(entries, 'transition');
    if (transitions.length > 0) await applyTransitions(trx, transitions);
    const rejections = ofKind(entries, 'rejections');
    if (rejections.length > 0) await applyRejections(trx, rejections, this.#keptRejections);
    await writeCursor(trx, cursor);
  }

  async devices(filter: DeviceFilter, page: PageRequest): Promise<Page<Device>> {
    return listDevices(this.#db, filter, page);
  }

  async devicesWithin(area: Area): Promise<ReadonlySet<string>> {
    return findDevicesWithin(this.#db, area);
  }

  async device(id: string): Promise<Device | undefined> {
    const row = await this.#db.selectFrom('device').selectAll().where('id', '=', id).executeTakeFirst();
    return row && deviceFromRow(row);
  }

  async *allDevices(): AsyncIterable<Device> {
    let page = await this.devices({}, { limit: DEVICES_AT_A_TIME });
    yield* page.items;
    while (page.next !== null) {
      page = await this.devices({}, { limit: DEVICES_AT_A_TIME, after: page.next });
      yield* page.items;
    }
  }

  async metrics(): Promise<readonly MetricDefinition[]> {
    const rows = await this.#db.selectFrom('metric').select('definition').orderBy('domain').orderBy('metric').execute();
    return rows.map(({ definition }) => JSON.parse(definition) as MetricDefinition);
  }

  async rules(page: PageRequest): Promise<Page<RuleVersion>> {
    return listRules(this.#db, page);
  }

  async rule(id: string): Promise<RuleVersion | undefined> {
    const row = await this.#db.selectFrom('rule').select('rule_version').where('id', '=', id).executeTakeFirst();
    return row && (JSON.parse(row.rule_version) as RuleVersion);
  }

  async allRules(): Promise<readonly RuleVersion[]> {
    const query = this.#db.selectFrom('rule').select('rule_version').where('deleted', '=', 0).orderBy('id');
    return (await query.execute()).map(({ rule_version }) => JSON.parse(rule_version) as RuleVersion);
  }

  async alerts(filter: AlertFilter, page: PageRequest): Promise<Page<Alert>> {
    return listAlerts(this.#db, filter, page);
  }

  async alert(id: string): Promise<AlertHistory | undefined> {
    const row = await this.#db.selectFrom('alert').select('alert').where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const history = await this.#db
      .selectFrom('alert_transition')
      .select('transition')
      .where('alert_id', '=', id)
      .orderBy('seq')
      .execute();
    return {
      alert: JSON.parse(row.alert) as Alert,
      transitions: history.map(({ transition }) => JSON.parse(transition) as AlertTransition),
    };
  }

  async activeAlerts(): Promise<Readonly<Partial<Record<Alert['severity'], number>>>> {
    const rows = await this.#db
      .selectFrom('alert')
      .select((eb) => ['severity', eb.fn.countAll().as('count')])
      .where('state', '=', 'firing')
      .groupBy('severity')
      .execute();
    return Object.fromEntries(rows.map(({ severity, count }) => [severity, Number(count)]));
  }

  async rejections(
    filter: { device?: string; domain?: string; reason?: RejectionReason },
    page: PageRequest,
  ): Promise<Page<KeptRejection>> {
    return listRejections(this.#db, filter, page);
  }

  async rejectionCounts(): Promise<Readonly<Partial<Record<RejectionReason, number>>>> {
    const rows = await this.#db.selectFrom('rejection_count').selectAll().execute();
    return Object.fromEntries(rows.map(({ reason, count }) => [reason, Number(count)]));
  }

  backup(path: string, options: CopyOptions = {}): Promise<CopySummary> {
    return this.#copy(path, options);
  }

  async close(): Promise<void> {
    await this.#keep(this.#applied);
    await this.#db.destroy();
  }
}

async function writeCursor(trx: Transaction<Tables>, cursor: Cursor): Promise<void> {
  await trx
    .insertInto('registry_cursor')
    .values({ id: 1, cursor })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ cursor }))
    .execute();
}

function isKept({ kind }: JournalEntry): boolean {
  return kind === 'device' || kind === 'rule' || kind === 'transition' || kind === 'rejections';
}

function ofKind<K extends JournalEntry['kind']>(entries: readonly JournalEntry[], kind: K): EntryOf<K>[] {
  return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}
