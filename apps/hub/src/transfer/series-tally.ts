import { microsOf, SeriesDigests, SeriesTable, type SeriesDigest } from '@seawall/model';
import type { ExportedSeries, ReadingsRun } from './exported-series.ts';

/** Counts and checksums of the series that pass, which are held once each. */
export class SeriesTally {
  readonly #table = new SeriesTable();
  readonly #known: ExportedSeries[] = [];
  readonly #digests = new SeriesDigests();
  readings = 0;
  /** Epoch ms. */
  first = Infinity;
  last = -Infinity;

  /** The one object for a series; its unit is what was said first. */
  seriesOf(domain: string, device: string, metric: string, unit: string | null): ExportedSeries {
    const id = this.#table.idOf({ domain, device, metric });
    return (this.#known[id] ??= { domain, device, metric, unit });
  }

  add({ series, time, value }: ReadingsRun): void {
    const id = this.#table.idOf(series);
    for (let i = 0; i < time.length; i++) this.#add(id, time[i]!, value[i]!);
  }

  addOne(series: ExportedSeries, time: number, value: number): void {
    this.#add(this.#table.idOf(series), time, value);
  }

  #add(id: number, time: number, value: number): void {
    this.#digests.add(id, microsOf(time), value);
    this.readings++;
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
  }

  get series(): readonly ExportedSeries[] {
    return this.#known;
  }

  /** Of the series that have readings. */
  digests(): readonly (SeriesDigest & ExportedSeries)[] {
    return this.#known
      .map((series, id) => ({
        ...series,
        readings: this.#digests.readings(id),
        checksum: this.#digests.checksum(id),
      }))
      .filter(({ readings }) => readings > 0);
  }
}
