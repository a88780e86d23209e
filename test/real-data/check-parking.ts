import { query } from '../support/http.ts';
import type { Check } from './check-readings.ts';
import type { Recording } from './recording.ts';

const HOUR = 3_600_000;
/** Summer time ended in the night to this day. */
const LONG_DAY = { start: Date.UTC(2016, 9, 29, 23), end: Date.UTC(2016, 9, 31) };
/** As published: rows below 0, and rows above the capacity. */
const KNOWN_NEGATIVE = 12;
const KNOWN_OVER_CAPACITY = 373;

/** What is odd in the parking recording: that it was kept as it is, flagged, and put into a day of 25 hours. */
export async function checkParking(http: string, recording: Recording, flagged: number): Promise<Check[]> {
  return [
    await checkEveryReading(http, recording),
    {
      name: 'Birmingham parking: below 0 or over capacity, flagged',
      compared: recording.outOfRange,
      mismatches: [
        ...(recording.outOfRange === KNOWN_NEGATIVE + KNOWN_OVER_CAPACITY
          ? []
          : [`${recording.outOfRange} rows are out of range, ${KNOWN_NEGATIVE + KNOWN_OVER_CAPACITY} were published`]),
        ...(flagged === recording.outOfRange ? [] : [`${flagged} flagged, ${recording.outOfRange} in the files`]),
      ],
    },
    await checkLongDay(http, recording),
  ];
}

/** Every occupancy at its time, the impossible ones too. */
async function checkEveryReading(http: string, { domain, series }: Recording): Promise<Check> {
  const mismatches: string[] = [];
  let compared = 0;
  const bounds = { from: '2016-10-01T00:00:00Z', to: '2017-01-01T00:00:00Z', limit: 100_000 };
  const answer = await query(http, { metrics: ['occupancy'], ...bounds, where: { domain: [domain] } });
  const bySeries = new Map(answer.series.map((one) => [one.labels.device, one]));
  for (const { device, time, value } of series.filter(({ metric }) => metric === 'occupancy')) {
    const stored = bySeries.get(device);
    if (stored?.time.length !== time.length) mismatches.push(`${device}: ${stored?.time.length ?? 0} readings stored`);
    time.forEach((t, i) => {
      compared++;
      if (stored?.time[i] === t && stored.values.value![i] === value[i]) return;
      if (mismatches.length < 10) mismatches.push(`${device} at ${new Date(t).toISOString()}: not ${value[i]}`);
    });
  }
  return { name: 'Birmingham parking: every occupancy, as it stands in the file', compared, mismatches };
}

async function checkLongDay(http: string, { domain, series }: Recording): Promise<Check> {
  const { start, end } = LONG_DAY;
  const answer = await query(http, {
    metrics: ['occupancy'],
    where: { domain: [domain] },
    from: start - 24 * HOUR,
    to: end + 24 * HOUR,
    step: '1d',
    timeZone: 'Europe/London',
    aggregate: ['count'],
  });
  const expected = series
    .filter(({ metric }) => metric === 'occupancy')
    .reduce((sum, { time }) => sum + time.filter((t) => t >= start && t < end).length, 0);
  const { time = [], values } = answer.series[0] ?? {};
  const starts = time.map((t) => new Date(t).toISOString()).join(' ');
  const wanted = [start - 24 * HOUR, start, end].map((t) => new Date(t).toISOString()).join(' ');
  const count = values?.count?.[1];
  return {
    name: 'Birmingham parking: 30 October 2016 is one day of 25 hours',
    compared: expected,
    mismatches: [
      ...(starts === wanted ? [] : [`the days begin at ${starts}, not at ${wanted}`]),
      ...(count === expected ? [] : [`the day has ${count} readings, ${expected} in the file`]),
    ],
  };
}
