import { boundsOf, isWithin, type Alert, type Area, type Device, type RuleVersion } from '@seawall/model';
import type { AlertFilter, DeviceFilter, KeptRejection, Page, PageRequest, Registry } from '@seawall/ports';
import { changesPlace, nextChanges } from '@seawall/ports';
import { sql, type ExpressionBuilder, type Kysely } from 'kysely';
import { deviceFromRow } from './device-row.ts';
import type { Tables } from './tables.ts';

export async function listDevices(db: Kysely<Tables>, filter: DeviceFilter, page: PageRequest): Promise<Page<Device>> {
  const items: Device[] = [];
  let { after } = page;
  // Of a circle the database knows the box around it only, so a page may take several turns.
  for (;;) {
    const devices = await devicesAfter(db, filter, after, page.limit + 1);
    for (const device of devices) {
      const { location } = device.description;
      if (filter.area !== undefined && (location === undefined || !isWithin(filter.area, location))) continue;
      if (items.length === page.limit) return { items, next: items.at(-1)!.id };
      items.push(device);
    }
    if (devices.length <= page.limit) return { items, next: null };
    after = devices.at(-1)!.id;
  }
}

async function devicesAfter(
  db: Kysely<Tables>,
  { domain, search, area }: DeviceFilter,
  after: string | undefined,
  limit: number,
): Promise<Device[]> {
  let query = db.selectFrom('device').selectAll('device').orderBy('device.id').limit(limit);
  if (domain !== undefined) {
    query = query
      .innerJoin('device_domain', 'device_domain.device', 'device.id')
      .where('device_domain.domain', '=', domain);
  }
  if (search !== undefined) query = query.where(contains(search.toLowerCase()));
  if (area !== undefined) query = query.where((eb) => inBoundsOf(area, eb));
  if (after !== undefined) query = query.where('device.id', '>', after);
  return (await query.execute()).map(deviceFromRow);
}

export async function findDevicesWithin(db: Kysely<Tables>, area: Area): Promise<ReadonlySet<string>> {
  const places = db.selectFrom('device').select(['id', 'lat', 'lon']);
  const rows = await places.where((eb) => inBoundsOf(area, eb)).execute();
  const found = new Set<string>();
  for (const { id, lat, lon } of rows) if (isWithin(area, { lat: lat!, lon: lon! })) found.add(id);
  return found;
}

function inBoundsOf(area: Area, eb: ExpressionBuilder<Tables, 'device'>) {
  const { west, south, east, north } = boundsOf(area);
  const fromWest = eb('device.lon', '>=', west);
  const toEast = eb('device.lon', '<=', east);
  return eb.and([
    eb('device.lat', '>=', south),
    eb('device.lat', '<=', north),
    west <= east ? eb.and([fromWest, toEast]) : eb.or([fromWest, toEast]),
  ]);
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
  const place = changesPlace(page.after);
  const rows = await alertsOf(db, filter)
    .select(['alert', 'changed_seq'])
    .where('changed_seq', '>', place.above)
    .where('changed_seq', '<', place.below)
    .orderBy('changed_seq', 'desc')
    .limit(page.limit + 1)
    .execute();
  const isAnyNewer = async (than: number) => {
    const newer = alertsOf(db, filter).select('id').where('changed_seq', '>', than).limit(1);
    return (await newer.executeTakeFirst()) !== undefined;
  };
  const numbers = rows.map((row) => Number(row.changed_seq));
  const next = await nextChanges(place, numbers, page.limit, isAnyNewer);
  return { items: rows.slice(0, page.limit).map((row) => JSON.parse(row.alert) as Alert), next };
}

function alertsOf(db: Kysely<Tables>, { states, severities, rule, domain, device }: AlertFilter) {
  let query = db.selectFrom('alert').where('state', 'in', states ?? ['pending', 'firing', 'resolved']);
  if (severities !== undefined) query = query.where('severity', 'in', severities);
  if (rule !== undefined) query = query.where('rule', '=', rule);
  if (domain !== undefined) query = query.where('domain', '=', domain);
  if (device !== undefined) query = query.where('device', '=', device);
  return query;
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
