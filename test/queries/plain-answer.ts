import { plainAggregateOf, type PlainReading } from './plain-aggregates.ts';
import { bucketsWithin, type PlainSpan } from './plain-buckets-of-zone.ts';
import { placeOf, shownAt, type PlainPlace } from './plain-offset.ts';

/** What a document asks, every time said in epoch ms. */
export interface PlainQuestion {
  readonly metrics: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
  readonly step?: string;
  readonly offset?: string;
  readonly aggregate: readonly string[];
  readonly groupBy: readonly string[];
  readonly fill: string | number;
}

export interface PlainSeries {
  readonly domain: string;
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly time: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export type LabelsAt = (device: string, time: number) => Readonly<Record<string, string>>;

/** The answer by the words of the contract, one reading after the other. */
export function plainAnswer(of: PlainQuestion, readings: readonly PlainReading[], labelsAt: LabelsAt): PlainSeries[] {
  const groups = new Map<string, { labels: Readonly<Record<string, string>>; readings: PlainReading[] }>();
  for (const reading of readings.filter(({ metric }) => of.metrics.includes(metric))) {
    const labels = answeredLabels(of, reading, labelsAt);
    const names = of.aggregate.length === 0 ? ['device'] : of.groupBy.filter((name) => name !== 'domain');
    const key = [
      reading.domain,
      reading.metric,
      ...names.map((name) => (name in labels ? `=${labels[name]}` : '')),
    ].join('\0');
    const group = groups.get(key) ?? { labels, readings: [] };
    group.readings.push(reading);
    groups.set(key, group);
  }
  const places = of.aggregate.length === 0 ? [] : placesOf(of);
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      const { domain, metric } = group.readings[0]!;
      const points =
        of.aggregate.length === 0 ? rawPoints(of, group.readings) : bucketPoints(of, places, group.readings);
      const names = of.aggregate.length === 0 ? ['value'] : of.aggregate;
      const values = Object.fromEntries(names.map((name, i) => [name, points.map((point) => point.values[i]!)]));
      return { domain, metric, labels: group.labels, time: points.map(({ time }) => time), values };
    })
    .filter(({ time }) => time.length > 0);
}

interface Point {
  readonly time: number;
  readonly values: readonly (number | null)[];
}

function answeredLabels(of: PlainQuestion, { device, time }: PlainReading, labelsAt: LabelsAt): Record<string, string> {
  // Raw readings are told apart by their device here; which labels are shown beside it is the stores' contract.
  if (of.aggregate.length === 0) return { device };
  const all: Record<string, string> = { ...labelsAt(device, time), device };
  return Object.fromEntries(of.groupBy.filter((name) => name in all).map((name) => [name, all[name]!]));
}

function rawPoints(of: PlainQuestion, readings: readonly PlainReading[]): Point[] {
  return readings
    .map(({ time, value }) => ({ time: shownAt(of, time) ?? NaN, values: [value] }))
    .filter(({ time }) => time >= of.from && time < of.to)
    .sort((a, b) => a.time - b.time);
}

/** The buckets of the range, each with what is stored for it. */
function placesOf(of: PlainQuestion): { readonly shown: PlainSpan; readonly stored: PlainPlace }[] {
  const { from, to } = of;
  const buckets = of.step === undefined ? [{ start: from, end: to }] : bucketsWithin(of.timeZone, of.step, from, to);
  return buckets.map((shown) => ({ shown, stored: placeOf(of, shown) }));
}

function bucketPoints(
  of: PlainQuestion,
  places: ReturnType<typeof placesOf>,
  readings: readonly PlainReading[],
): Point[] {
  const points = places.map(({ shown, stored }) => {
    const inside = readings.filter(({ time }) => stored.holds(time));
    const values =
      inside.length === 0 ? null : of.aggregate.map((name) => plainAggregateOf(name, inside, stored.seconds));
    return { time: shown.start, values };
  });
  const known = (point: { values: readonly (number | null)[] | null }) => point.values !== null;
  if (!points.some(known)) return [];
  if (of.step === undefined || of.fill === 'none') return points.filter(known) as Point[];
  return points.map(({ time, values }, i) => {
    if (values !== null) return { time, values };
    const [before, after] = [points.slice(0, i).findLast(known), points.slice(i).find(known)];
    return { time, values: of.aggregate.map((_, k) => filled(of.fill, time, pointAt(before, k), pointAt(after, k))) };
  });
}

type Known = { readonly time: number; readonly value: number | null } | undefined;

function pointAt(point: { time: number; values: readonly (number | null)[] | null } | undefined, k: number): Known {
  return point && { time: point.time, value: point.values![k]! };
}

function filled(fill: string | number, time: number, before: Known, after: Known): number | null {
  if (typeof fill === 'number') return fill;
  if (fill === 'null' || before === undefined) return null;
  if (fill === 'previous') return before.value;
  if (after === undefined || before.value === null || after.value === null) return null;
  return before.value + ((after.value - before.value) * (time - before.time)) / (after.time - before.time);
}
