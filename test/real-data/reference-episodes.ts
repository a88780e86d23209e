import type { RecordedSeries, Recording } from './recording.ts';
import { bucketStart, type Zone } from './zone.ts';

/** From when to when an alert fired, event time in epoch ms; `endsAt` null: it fired still when the recording ended. */
export interface Episode {
  readonly device: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
}

export interface EpisodeRule {
  readonly metric: string;
  readonly windowMs: number;
  readonly forMs: number;
  readonly breaches: (mean: number) => boolean;
  readonly clears: (mean: number) => boolean;
}

/** The hub's bounded delay: a window is decided once a reading lies so long after its end. */
const DELAY_MS = 10_000;

/** The episodes that a rule on the mean of tumbling windows finds in one recording, device by device. */
export function referenceEpisodes(
  { series: all, zone }: Pick<Recording, 'series' | 'zone'>,
  rule: EpisodeRule,
): Episode[] {
  return all.filter(({ metric }) => metric === rule.metric).flatMap((series) => episodesOf(series, zone, rule));
}

function episodesOf(series: RecordedSeries, zone: Zone, rule: EpisodeRule): Episode[] {
  const episodes: { device: string; startsAt: number; endsAt: number | null }[] = [];
  let breachingSince: number | undefined;
  let firing = false;
  for (const { end, mean } of decidedWindows(series, zone, rule.windowMs)) {
    if (firing) {
      if (!rule.clears(mean)) continue;
      episodes.at(-1)!.endsAt = end;
      firing = false;
      breachingSince = undefined;
    } else if (!rule.breaches(mean)) {
      breachingSince = undefined;
    } else {
      breachingSince ??= end;
      if (end - breachingSince < rule.forMs) continue;
      episodes.push({ device: series.device, startsAt: breachingSince, endsAt: null });
      firing = true;
    }
  }
  return episodes;
}

/** Windows with readings, in order, but for those that no later reading closed. */
function decidedWindows(
  { time, value }: RecordedSeries,
  zone: Zone,
  windowMs: number,
): { end: number; mean: number }[] {
  const windows = new Map<number, { sum: number; count: number }>();
  time.forEach((t, i) => {
    const start = bucketStart(zone, t, windowMs);
    const window = windows.get(start) ?? { sum: 0, count: 0 };
    window.sum += value[i]!;
    window.count++;
    windows.set(start, window);
  });
  const closedUpTo = time.at(-1)! - DELAY_MS;
  const all = [...windows].map(([start, { sum, count }]) => ({ end: start + windowMs, mean: sum / count }));
  return all.filter(({ end }) => end <= closedUpTo);
}
