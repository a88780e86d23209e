import type { QueryPlan } from '@seawall/model';
import { forgottenBefore, type ForgottenBefore, type KeptSince } from '@seawall/query';
import type { InfluxConnection } from './influx-connection.ts';
import { allOf, field, measurementOf, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, fieldName, measurementName } from './influx-names.ts';
import type { Asked } from './query-statements.ts';
import { rollupMeasurement, rowField } from './rollup-tiers.ts';
import { devicesCondition } from './where-conditions.ts';

/** Beyond these all devices are asked for. */
const MAX_DEVICES_NAMED = 500;

/** By series: the first reading that is remembered, where it may have lost the one before it, see `forgottenBefore`. */
export async function readFirsts(
  connection: InfluxConnection,
  { plan, selection, catalogue }: Asked,
  kept: ReadonlyMap<string, KeptSince>,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const firsts = new Map<number, number>();
  const ids = [...new Set(selection.series)];
  for (const domain of new Set(selection.groups.map((group) => group.domain))) {
    const range = forgottenBefore(plan, kept.get(domain) ?? {});
    if (range === undefined) continue;
    const own = new Map(
      ids.filter((id) => catalogue.table.at(id).domain === domain).map((id) => [keyOf(catalogue.table.at(id)), id]),
    );
    const devices = [...new Set([...own.values()].map((id) => catalogue.table.at(id).device))];
    const asked = statementsOf(plan, domain, range, devices.length > MAX_DEVICES_NAMED ? undefined : devices);
    const text = asked.map(({ text: of }) => of).join('; ');
    for await (const { statement, tags, values } of connection.query(text, signal)) {
      const id = own.get(keyOf({ device: decodeName(tags[DEVICE_TAG]!), metric: asked[statement]!.metric }));
      const first = values[0]?.[0] as number | undefined;
      if (id !== undefined && first !== undefined) firsts.set(id, Math.min(first, firsts.get(id) ?? Infinity));
    }
  }
  return firsts;
}

/** One for the readings of each metric, and one for the rows of hours that remember others. */
function statementsOf(
  { metrics }: QueryPlan,
  domain: string,
  { from, readings, to }: ForgottenBefore,
  devices: readonly string[] | undefined,
): readonly { readonly metric: string; readonly text: string }[] {
  const select = (name: string, source: string, range: string) =>
    `SELECT first(${field(name)}) FROM ${source} WHERE ${allOf([...(devices ? [devicesCondition(devices)] : []), range])} GROUP BY ${tag(DEVICE_TAG)}`;
  const raw = measurementOf('raw', measurementName(domain));
  const hours = measurementOf('1h', rollupMeasurement(domain, '1h'));
  return metrics.flatMap((metric) => [
    { metric, text: select(fieldName(metric), raw, within(readings, to)) },
    ...(from < readings ? [{ metric, text: select(rowField(metric, 'last'), hours, within(from, readings)) }] : []),
  ]);
}

function keyOf({ device, metric }: { readonly device: string; readonly metric: string }): string {
  return `${device}\u0000${metric}`;
}
