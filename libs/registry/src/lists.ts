import type { Alert, Device, RuleVersion } from '@seawall/model';
import type { AlertFilter, KeptRejection, Page, PageRequest, Registry } from '@seawall/ports';
import { sql, type Kysely } from 'kysely';
import { deviceFromRow } from './device-row.ts';
import type { Tables } from './tables.ts';

export async function listDevices(
  db: Kysely<Tables>,
  filter: Parameters<Registry['devices']>[0],
  page: PageRequest,
): Promise<Page<Device>> {
  let query = db.selectFrom('device').selectAll('device').orderBy('device.id');
  if (filter.domain !== undefined) {
    query = query
      .innerJoin('device_domain', 'device_domain.device', 'device.id')
      .where('device_domain.domain', '=', filter.domain);
  }
  if (filter.search !== undefined) query = query.where(contains(filter.search.toLowerCase()));
  if (page.after !== undefined) query = query.where('device.id', '>', page.after);
  const rows = await query.limit(page.limit + 1).execute();
  return pageOf(rows, page.limit, deviceFromRow, ({ id }) => id);
}

export async function listRules(db: Kysely<Tables>, page: PageRequest): Promise<Page<RuleVersion>> {
  let query = db.selectFrom('rule').selectAll().where('deleted', '=', 0).orderBy('id');
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  const rows = await query.limit(page.limit + 1).execute();
  return pageOf(
    rows,
    page.limit,
    (row) => JSON.parse(row.rule_version) as RuleVersion,
    ({ id }) => id,
  );
}

export async function listAlerts(db: Kysely<Tables>, filter: AlertFilter, page: PageRequest): Promise<Page<Alert>> {
  let query = db.selectFrom('alert').select(['alert', 'changed_seq']).orderBy('changed_seq', 'desc');
  query = query.where('state', 'in', filter.states ?? ['pending', 'firing', 'resolved']);
  if (filter.severities !== undefined) query = query.where('severity', 'in', filter.severities);
  if (filter.rule !== undefined) query = query.where('rule', '=', filter.rule);
  if (filter.domain !== undefined) query = query.where('domain', '=', filter.domain);
  if (filter.device !== undefined) query = query.where('device', '=', filter.device);
  if (page.after !== undefined) query = query.where('changed_seq', '<', numberAfter(page.after));
  const rows = await query.limit(page.limit + 1).execute();
  return pageOf(
    rows,
    page.limit,
    (row) => JSON.parse(row.alert) as Alert,
    (row) => String(row.changed_seq),
  );
}

export async function listRejections(
  db: Kysely<Tables>,
  filter: Parameters<Registry['rejections']>[0],
  page: PageRequest,
): Promise<Page<KeptRejection>> {
  let query = db.selectFrom('rejection').select(['rejection', 'n']).orderBy('n', 'desc');
  if (filter.device !== undefined) query = query.where('device', '=', filter.device);
  if (filter.domain !== undefined) query = query.where('domain', '=', filter.domain);
  if (filter.reason !== undefined) query = query.where('reason', '=', filter.reason);
  if (page.after !== undefined) query = query.where('n', '<', numberAfter(page.after));
  const rows = await query.limit(page.limit + 1).execute();
  return pageOf(
    rows,
    page.limit,
    (row) => JSON.parse(row.rejection) as KeptRejection,
    (row) => String(row.n),
  );
}

/** `like` means the same everywhere once both sides are in lower case and its wildcards are escaped. */
function contains(text: string) {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`search_text like ${pattern} escape '\\'`;
}

/** @param rows one more than the limit, if there are that many: the sign that a next page exists */
function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => T,
  place: (row: Row) => string,
): Page<T> {
  const given = rows.slice(0, limit);
  return { items: given.map(item), next: rows.length > given.length ? place(given.at(-1)!) : null };
}

function numberAfter(after: string): number {
  if (!/^\d{1,15}$/.test(after)) throw new SyntaxError(`"${after}" is not where a page of this list can begin.`);
  return Number(after);
}
