import type { SeriesDigest } from '@seawall/model';
import { setTimeout as sleep } from 'node:timers/promises';
import { seriesName, type ExportedSeries } from './exported-series.ts';
import { hubReadings } from './hub-readings.ts';
import type { PatientAsker } from './patient-asker.ts';
import { patternOf } from './pattern-of.ts';
import { SeriesTally } from './series-tally.ts';

const ASK_AGAIN_MS = 100;
const ROLES = ['writer', 'registrar'];
/** More would be a longer question than a shorter answer is worth. */
const NAMED_DEVICES = 200;

type Digest = SeriesDigest & ExportedSeries;

/** Waits until store and registry have what the journal holds now, so that it can be asked for. */
export async function hubCaughtUp(asker: PatientAsker, signal: AbortSignal): Promise<void> {
  const sample = (text: string, name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1) ?? NaN,
    );
  const end = sample(await asker.text('/metrics'), 'seawall_journal_last_seq');
  const behind = (text: string) => ROLES.some((role) => sample(text, `seawall_role_seq{role="${role}"}`) < end);
  while (behind(await asker.text('/metrics'))) await sleep(ASK_AGAIN_MS, undefined, { signal });
}

/**
 * Counts and sums what the hub has of these series in their time.
 * @param from epoch ms @param to epoch ms, inclusive
 */
export async function digestsOfHub(
  asker: PatientAsker,
  series: readonly Digest[],
  range: { readonly from: number; readonly to: number },
  onProgress: (readings: number) => void,
): Promise<readonly Digest[]> {
  const distinct = (names: readonly string[]) => [...new Set(names)];
  const devices = distinct(series.map(({ device }) => device));
  const domains = distinct(series.map(({ domain }) => domain));
  const where = {
    ...(domains.length > NAMED_DEVICES ? {} : { domain: domains.map(patternOf) }),
    ...(devices.length > NAMED_DEVICES ? {} : { device: devices.map(patternOf) }),
  };
  const selection = {
    metrics: distinct(series.map(({ metric }) => metric)),
    where,
    from: range.from,
    to: range.to + 0.001,
  };
  const tally = new SeriesTally();
  for await (const { runs } of hubReadings(asker, selection, tally)) {
    for (const run of runs) tally.add(run);
    onProgress(tally.readings);
  }
  return tally.digests();
}

/** @returns a sentence for each series of which the hub has other readings than the file, in their time */
export function differencesOf(file: readonly Digest[], hub: readonly Digest[]): string[] {
  const there = new Map(hub.map((digest) => [seriesName(digest), digest]));
  return file.flatMap((digest) => {
    const name = seriesName(digest);
    const found = there.get(name);
    const readings = found?.readings ?? 0;
    if (readings < digest.readings)
      return [
        `${name}: the hub has ${readings} readings of this time, the file ${digest.readings}; some are missing, or came twice in the file.`,
      ];
    if (readings > digest.readings)
      return [
        `${name}: the hub has ${readings} readings of this time, the file ${digest.readings}; it had others before, or got them meanwhile.`,
      ];
    return found!.checksum === digest.checksum
      ? []
      : [
          `${name}: the hub has as many readings as the file, but others: some were changed by somebody else meanwhile.`,
        ];
  });
}
