import { Catalogue } from './catalogue.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { field, measurementOf, tag } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, FLAGS_SUFFIX } from './influx-names.ts';
import { rollupMeasurement, rowField, type RowField } from './rollup-tiers.ts';
import type { StoreState } from './store-state.ts';

/** Reads the latest reading of every series: a statement a domain and metric. */
export async function loadCatalogue(
  connection: InfluxConnection,
  { spans, metrics, kept }: StoreState,
): Promise<Catalogue> {
  const catalogue = new Catalogue();
  for (const [device, history] of spans) catalogue.setSpans(device, history);
  for (const definition of metrics) catalogue.setMetric(definition);
  for (const { measurement, fields } of await measurementsOf(connection)) {
    for (const name of fields) await loadLatest(connection, catalogue, measurement, name);
  }
  for (const [domain, { raw }] of kept) if (raw !== undefined) await loadFromRows(connection, catalogue, domain);
  catalogue.commit();
  return catalogue;
}

interface Measurement {
  readonly measurement: string;
  readonly fields: readonly string[];
}

async function measurementsOf(connection: InfluxConnection): Promise<readonly Measurement[]> {
  const found: Measurement[] = [];
  const names = await connection.rows('SHOW MEASUREMENTS', { policy: 'raw' });
  const measurements = names.flatMap(({ values }) => values.map(([name]) => String(name)));
  // Those of other policies have a slash, which no domain has.
  for (const measurement of measurements.filter((name) => !name.includes('/'))) {
    const keys = await connection.rows(`SHOW FIELD KEYS FROM ${measurementOf('raw', measurement)}`, { policy: 'raw' });
    const fields = keys.flatMap(({ values }) =>
      values.filter(([, type]) => type === 'float').map(([name]) => String(name)),
    );
    found.push({ measurement, fields });
  }
  return found;
}

async function loadLatest(
  connection: InfluxConnection,
  catalogue: Catalogue,
  measurement: string,
  name: string,
): Promise<void> {
  const areFlags = name.endsWith(FLAGS_SUFFIX);
  const metric = decodeName(areFlags ? name.slice(0, -FLAGS_SUFFIX.length) : name);
  const domain = decodeName(measurement);
  const statement = `SELECT last(${field(name)}) FROM ${measurementOf('raw', measurement)} GROUP BY ${tag(DEVICE_TAG)}`;
  for await (const { tags, values } of connection.statement(statement, { policy: 'raw' })) {
    // What nobody sent is not Seawall's.
    const device = decodeName(tags[DEVICE_TAG] ?? '');
    const [micros, value] = (values[0] ?? []) as readonly number[];
    if (device === '' || micros === undefined) continue;
    const id = catalogue.table.idOf({ domain, device, metric });
    catalogue.latest.reserve(id + 1);
    if (areFlags) catalogue.flagged.add(id);
    else catalogue.latest.note(id, micros, value!);
  }
}

/** Of series that have no readings any more the rows of hours remember the latest. */
async function loadFromRows(connection: InfluxConnection, catalogue: Catalogue, domain: string): Promise<void> {
  const source = measurementOf('1h', rollupMeasurement(domain, '1h'));
  const keys = await connection.rows(`SHOW FIELD KEYS FROM ${source}`, { policy: '1h' });
  const names = keys.flatMap(({ values }) => values.map(([name]) => String(name)));
  const suffix = ':last' satisfies `:${RowField}`;
  for (const name of names.filter((of) => of.endsWith(suffix))) {
    const metric = decodeName(name.slice(0, -suffix.length));
    const columns = `last(${field(name)}), ${field(rowField(metric, 'last_at'))}`;
    const statement = `SELECT ${columns} FROM ${source} GROUP BY ${tag(DEVICE_TAG)}`;
    for await (const { tags, values } of connection.statement(statement, { policy: '1h' })) {
      const [hour, value, at] = values[0] as readonly number[];
      const id = catalogue.table.idOf({ domain, device: decodeName(tags[DEVICE_TAG]!), metric });
      catalogue.latest.reserve(id + 1);
      catalogue.latest.note(id, hour! + at!, value!);
    }
  }
}
