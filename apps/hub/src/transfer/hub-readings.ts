import type { Where } from '@seawall/model';
import { TooLongError } from '../commands/http-client.ts';
import type { ReadingsRun } from './exported-series.ts';
import type { PatientAsker } from './patient-asker.ts';
import type { SeriesTally } from './series-tally.ts';
import { TimeSlices } from './time-slices.ts';

/** Readings of one answer at most; it is held whole. */
const PAGE_READINGS = 200_000;
/** Half of it, so that a slice with twice as many as the one before still is one answer. */
const SLICE_READINGS = PAGE_READINGS / 2;
/** As many as a query takes. */
const METRICS_OF_A_QUERY = 100;
const QUERY = '/api/v1/query';

export interface Selection {
  readonly metrics: readonly string[];
  readonly where: Where;
  /** Epoch ms. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
}

interface Answer {
  readonly series: readonly {
    readonly domain: string;
    readonly metric: string;
    readonly unit: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly time: readonly number[];
    readonly values: { readonly value: readonly number[] };
  }[];
  readonly next: string | null;
}

/** Where a slice begins: with which of the selection's metrics, and from when on (epoch ms). */
export interface SlicePlace {
  readonly metric: number;
  readonly time: number;
}

/** One answer. */
export interface ReadingsPage {
  readonly runs: readonly ReadingsRun[];
  /** With the last page of a slice: where the slice after it begins. */
  readonly next?: SlicePlace;
}

/**
 * Raw readings of a running hub, by slices of time; in a slice by series, then time. One answer is held at a time, and
 * nothing of one that broke off is given.
 * @param tally knows the series @param begin where a slice began, to go on there @throws as `PatientAsker`
 */
export async function* hubReadings(
  asker: PatientAsker,
  selection: Selection,
  tally: SeriesTally,
  begin: SlicePlace = { metric: 0, time: selection.from },
): AsyncGenerator<ReadingsPage, void, void> {
  let { metric, time: from } = begin;
  while (metric < selection.metrics.length) {
    const after = metric + METRICS_OF_A_QUERY;
    const metrics = selection.metrics.slice(metric, after);
    for await (const { runs, next } of readingsOf(asker, { ...selection, metrics, from }, tally)) {
      if (next === undefined) yield { runs };
      else if (next < selection.to) yield { runs, next: { metric, time: next } };
      else yield { runs, next: { metric: after, time: selection.from } };
    }
    metric = after;
    from = selection.from;
  }
}

async function* readingsOf(
  asker: PatientAsker,
  { metrics, where, from, to }: Selection,
  tally: SeriesTally,
): AsyncGenerator<{ readonly runs: readonly ReadingsRun[]; readonly next?: number }, void, void> {
  const slices = new TimeSlices(from, to, SLICE_READINGS);
  for (let slice = slices.next; slice !== undefined; slice = slices.next) {
    const query = { metrics, where, ...slice, limit: PAGE_READINGS };
    let page = await firstPage(asker, query, slices);
    if (page === undefined) continue;
    let readings = 0;
    for (;;) {
      const runs = page.series.map((series) => runOf(series, tally));
      for (const { time } of runs) readings += time.length;
      if (page.next === null) {
        yield { runs, next: slice.to };
        break;
      }
      yield { runs };
      page = await asker.post<Answer>(QUERY, { ...query, cursor: page.next });
    }
    slices.passed(readings);
  }
}

/** @returns undefined if the slice was too much for one answer, and has been shortened */
async function firstPage(asker: PatientAsker, query: object, slices: TimeSlices): Promise<Answer | undefined> {
  let page: Answer;
  try {
    page = await asker.post<Answer>(QUERY, query);
  } catch (error) {
    if (error instanceof TooLongError && slices.shorten()) return undefined;
    throw error;
  }
  return page.next !== null && slices.shorten() ? undefined : page;
}

function runOf(
  { domain, metric, unit, labels, time, values }: Answer['series'][number],
  tally: SeriesTally,
): ReadingsRun {
  const series = tally.seriesOf(domain, labels['device']!, metric, unit);
  return { series, time: Float64Array.from(time), value: Float64Array.from(values.value) };
}
