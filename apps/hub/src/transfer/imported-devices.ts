import type { DeviceDescription, MetricDescription } from '@seawall/model';
import { UsageError } from '@seawall/devices-sim/errors';
import type { ExportedDevice, ExportManifest } from './export-manifest.ts';
import { seriesName, type ExportedSeries } from './exported-series.ts';
import { hubDevices } from './hub-devices.ts';
import type { PatientAsker } from './patient-asker.ts';
import { patternOf } from './pattern-of.ts';

type Metrics = Readonly<Record<string, MetricDescription>>;

/** Sends a device's description under one of its domains. */
export type Describe = (domain: string, device: string, description: DeviceDescription) => Promise<void>;

/**
 * Tells the hub what the devices of a file are and in which units they measure, each before its first reading. What the
 * hub knows of a device already stays as it is. A unit of the file that is not the hub's stops the import: the numbers
 * would mean something else there.
 */
export class ImportedDevices {
  readonly #asker: PatientAsker;
  readonly #describe: Describe;
  readonly #exported: ReadonlyMap<string, ExportedDevice>;
  /** Of the devices that the hub had described before. */
  readonly #known = new Map<string, Metrics>();
  readonly #checked = new Set<string>();
  readonly #described = new Set<string>();

  static async open(
    asker: PatientAsker,
    manifest: ExportManifest | undefined,
    describe: Describe,
  ): Promise<ImportedDevices> {
    const devices = new ImportedDevices(asker, manifest, describe);
    for await (const { id, description } of hubDevices(asker)) {
      if (Object.keys(description).length > 0) devices.#known.set(id, description.metrics ?? {});
    }
    return devices;
  }

  private constructor(asker: PatientAsker, manifest: ExportManifest | undefined, describe: Describe) {
    this.#asker = asker;
    this.#describe = describe;
    this.#exported = new Map((manifest?.devices ?? []).map((device) => [device.id, device]));
  }

  /** How many devices were described. */
  get count(): number {
    return this.#described.size;
  }

  /** Once for each series, before its first reading is sent. @throws UsageError for a unit that is not the hub's */
  async meet(series: ExportedSeries): Promise<void> {
    await this.#checkUnit(series);
    const known = this.#known.get(series.device);
    if (known === undefined) return this.#introduce(series);
    const declared = known[series.metric]?.unit;
    if (declared !== undefined && series.unit !== null && declared !== series.unit)
      throw new UsageError(
        `the hub knows ${series.device} to measure ${series.metric} in ${declared}, and the file has ${seriesName(series)} in ${series.unit}: the hub would convert it. Change the device's description there first.`,
      );
    if (declared === undefined) await this.#tell(series, {});
  }

  async #introduce(series: ExportedSeries): Promise<void> {
    const { metrics: _, ...rest } = this.#exported.get(series.device)?.description ?? {};
    await this.#tell(series, this.#described.has(series.device) ? {} : rest);
  }

  async #tell({ domain, device, metric, unit }: ExportedSeries, description: DeviceDescription): Promise<void> {
    const own = metricIn(unit, this.#exported.get(device)?.description.metrics?.[metric]);
    const told = own === undefined ? description : { ...description, metrics: { [metric]: own } };
    if (Object.keys(told).length === 0) return;
    this.#described.add(device);
    await this.#describe(domain, device, told);
  }

  async #checkUnit({ domain, metric, unit }: ExportedSeries): Promise<void> {
    const key = JSON.stringify([domain, metric]);
    if (unit === null || this.#checked.has(key)) return;
    this.#checked.add(key);
    const filter = new URLSearchParams({ domain: patternOf(domain), metric, limit: '1' });
    const { items } = await this.#asker.get<{ items: readonly ExportedSeries[] }>(
      `/api/v1/series?${filter.toString()}`,
    );
    const hub = items.find((item) => item.domain === domain)?.unit ?? null;
    if (hub === null || hub === unit) return;
    throw new UsageError(
      `the hub keeps ${metric} of ${domain} in ${hub}, and the file has it in ${unit}. Import it into a hub that keeps it in ${unit}.`,
    );
  }
}

/** The readings of a file are in the hub's unit that it came from; where the device had declared another, its bounds are in that one. */
function metricIn(unit: string | null, own: MetricDescription | undefined): MetricDescription | undefined {
  if (unit === null) return own;
  if (own?.unit === undefined || own.unit === unit) return { ...own, unit };
  return { unit, ...(own.states && { states: own.states }) };
}
