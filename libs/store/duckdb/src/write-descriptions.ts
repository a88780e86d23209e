import { listValue, type DuckDBConnection } from '@duckdb/node-api';
import type { LabelSpan, MetricDefinition } from '@seawall/model';
import type { StoreChange } from '@seawall/ports';
import type { Catalogue } from './catalogue.ts';

/** What a write says of labels and metrics: the last word on each. */
export interface Descriptions {
  /** By device. */
  readonly spans: ReadonlyMap<string, readonly LabelSpan[]>;
  /** By JSON `[domain, metric]`. */
  readonly metrics: ReadonlyMap<string, MetricDefinition>;
}

export function descriptionsOf(changes: readonly StoreChange[]): Descriptions {
  const spans = new Map<string, readonly LabelSpan[]>();
  const metrics = new Map<string, MetricDefinition>();
  for (const change of changes) {
    if (change.kind === 'labels') spans.set(change.device, change.spans);
    if (change.kind === 'metrics')
      for (const of of change.metrics) metrics.set(JSON.stringify([of.domain, of.metric]), of);
  }
  return { spans, metrics };
}

/** Writes labels, definitions, and the series that have numbers but no rows yet, within the open transaction. */
export async function writeDescriptions(
  connection: DuckDBConnection,
  catalogue: Catalogue,
  { spans, metrics }: Descriptions,
): Promise<void> {
  const { table, storedSeries } = catalogue;
  const series = table
    .all()
    .slice(storedSeries)
    .map(({ domain, device, metric }, i) => [storedSeries + i, domain, device, metric]);
  await appendRows(connection, 'series', series);
  await replace(
    connection,
    'label_history',
    [...spans].map(([device, history]) => [device, spansText(history)]),
  );
  await replace(
    connection,
    'metric',
    [...metrics].map(([key, definition]) => [key, JSON.stringify(definition)]),
  );
}

function spansText(spans: readonly LabelSpan[]): string {
  // JSON has no infinity.
  return JSON.stringify(spans.map(({ from, labels }) => [from === -Infinity ? null : from, labels]));
}

async function replace(
  connection: DuckDBConnection,
  table: string,
  rows: readonly (readonly [string, string])[],
): Promise<void> {
  if (rows.length === 0) return;
  await connection.run(`DELETE FROM ${table} WHERE key IN (SELECT unnest($1))`, [listValue(rows.map(([key]) => key))]);
  await appendRows(connection, table, rows);
}

async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: readonly (readonly (string | number)[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await connection.createAppender(table);
  try {
    for (const row of rows) {
      for (const cell of row) {
        if (typeof cell === 'number') appender.appendUInteger(cell);
        else appender.appendVarchar(cell);
      }
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}
