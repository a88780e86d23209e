import type { Series } from '@seawall/model';

/** A series as a file of readings names it. */
export interface ExportedSeries extends Series {
  readonly unit: string | null;
}

/** Consecutive readings of one series. */
export interface ReadingsRun {
  /** The same object for the same series. */
  readonly series: ExportedSeries;
  /** Epoch ms, to the microsecond. */
  readonly time: Float64Array;
  readonly value: Float64Array;
}

/** "environment/aq-7/pm25", for sentences. */
export function seriesName({ domain, device, metric }: Series): string {
  return `${domain}/${device}/${metric}`;
}
