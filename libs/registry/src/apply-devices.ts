import type { Device, MetricDefinition } from '@seawall/model';
import { foldDevice, type EntryOf } from '@seawall/ports';
import type { Transaction } from 'kysely';
import { chunks } from './chunks.ts';
import { deviceFromRow, deviceToRow } from './device-row.ts';
import type { DeviceDomainTable, Tables } from './tables.ts';

/** Folds the entries into the devices they speak of: each is read once and written once, whatever is said of it. */
export async function applyDevices(trx: Transaction<Tables>, entries: readonly EntryOf<'device'>[]): Promise<void> {
  const before = await readDevices(trx, new Set(entries.map(({ payload }) => payload.device)));
  const after = new Map(before);
  for (const { payload, stamp } of entries) {
    after.set(payload.device, foldDevice(after.get(payload.device), payload, stamp));
  }
  await writeDevices(trx, [...after.values()]);
  await writeDomains(trx, before, after);
  await writeMetrics(
    trx,
    entries.flatMap(({ payload }) => payload.metrics ?? []),
  );
}

async function readDevices(trx: Transaction<Tables>, ids: ReadonlySet<string>): Promise<Map<string, Device>> {
  const devices = new Map<string, Device>();
  for (const chunk of chunks([...ids])) {
    const rows = await trx.selectFrom('device').selectAll().where('id', 'in', chunk).execute();
    for (const row of rows) devices.set(row.id, deviceFromRow(row));
  }
  return devices;
}

async function writeDevices(trx: Transaction<Tables>, devices: readonly Device[]): Promise<void> {
  for (const chunk of chunks(devices)) {
    await trx
      .insertInto('device')
      .values(chunk.map(deviceToRow))
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          search_text: eb.ref('excluded.search_text'),
          domains: eb.ref('excluded.domains'),
          description: eb.ref('excluded.description'),
          label_spans: eb.ref('excluded.label_spans'),
          status: eb.ref('excluded.status'),
          status_at: eb.ref('excluded.status_at'),
          lat: eb.ref('excluded.lat'),
          lon: eb.ref('excluded.lon'),
        })),
      )
      .execute();
  }
}

async function writeDomains(
  trx: Transaction<Tables>,
  before: ReadonlyMap<string, Device>,
  after: ReadonlyMap<string, Device>,
): Promise<void> {
  const added: DeviceDomainTable[] = [];
  for (const device of after.values()) {
    // Domains only accumulate, at the end.
    const known = before.get(device.id)?.domains.length ?? 0;
    for (const domain of device.domains.slice(known)) added.push({ domain, device: device.id });
  }
  for (const chunk of chunks(added)) await trx.insertInto('device_domain').values(chunk).execute();
}

async function writeMetrics(trx: Transaction<Tables>, metrics: readonly MetricDefinition[]): Promise<void> {
  const newest = new Map(metrics.map((metric) => [`${metric.domain}\u0000${metric.metric}`, metric]));
  for (const chunk of chunks([...newest.values()])) {
    await trx
      .insertInto('metric')
      .values(chunk.map((metric) => ({ ...keyOf(metric), definition: JSON.stringify(metric) })))
      .onConflict((conflict) =>
        conflict.columns(['domain', 'metric']).doUpdateSet((eb) => ({ definition: eb.ref('excluded.definition') })),
      )
      .execute();
  }
}

function keyOf({ domain, metric }: MetricDefinition): { domain: string; metric: string } {
  return { domain, metric };
}
