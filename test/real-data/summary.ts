import type { Episode } from './reference-episodes.ts';
import { KNOWN_SMOG } from './rules.ts';
import { passed, type RealDataReport } from './verify.ts';

const SHANGHAI_MS = 8 * 3_600_000;

/** The report as a person reads it. */
export function summaryOf(report: RealDataReport): string {
  const taken = report.taken.map(({ title, by, readings, repeated, outOfRange, missing, seconds }) => {
    const rate = Math.round(readings / seconds / 1000);
    const odd = [
      `${number(missing)} empty cells`,
      ...(repeated > 0 ? [`${number(repeated)} came twice`] : []),
      ...(outOfRange > 0 ? [`${number(outOfRange)} flagged as out of range`] : []),
    ];
    return `  ${title.padEnd(22)} ${number(readings).padStart(9)} readings by ${by} in ${seconds.toFixed(1)} s (${rate} thousand a second), ${odd.join(', ')}`;
  });
  const checks = report.checks.flatMap(({ name, compared, mismatches }) => [
    `  ${mismatches.length === 0 && compared > 0 ? 'equal' : 'WRONG'}  ${name.padEnd(62)} ${number(compared).padStart(9)} compared`,
    ...mismatches.map((sentence) => `         ${sentence}`),
  ]);
  return [
    '',
    'Taken in',
    ...taken,
    '',
    'Compared with the files',
    ...checks,
    '',
    ...smogLines(report.episodes.beijing_air_quality),
    ...congestionLines(report.episodes.la_freeway_speed),
    ...waterLines(report.episodes.gecco_water_quality),
    passed(report) ? 'All of it agrees.' : 'There are differences; see WRONG above.',
    '',
  ].join('\n');
}

function smogLines(smog: readonly Episode[] | undefined): string[] {
  if (smog === undefined) return [];
  const head = `Smog (hourly mean of PM2.5 above 150 for 3 h, clear below 115): ${smog.length} episodes. The known ones:`;
  return [head, ...KNOWN_SMOG.flatMap((days) => knownSmog(days, smog)), ''];
}

function congestionLines(congestion: readonly Episode[] | undefined): string[] {
  if (congestion === undefined) return [];
  const detectors = new Set(congestion.map(({ device }) => device)).size;
  return [`Congestion (15-minute mean below 25 mph): ${congestion.length} times at ${detectors} detectors.`, ''];
}

function waterLines(events: readonly Episode[] | undefined): string[] {
  return events === undefined ? [] : [`Drinking water: ${events.length} labelled events, each one an alert.`, ''];
}

function knownSmog([first, last]: readonly [string, string], smog: readonly Episode[]): string[] {
  const from = Date.parse(`${first}T00:00:00Z`) - SHANGHAI_MS;
  const to = Date.parse(`${last}T24:00:00Z`) - SHANGHAI_MS;
  const then = smog
    .filter(({ startsAt, endsAt }) => startsAt < to && (endsAt ?? Infinity) > from)
    .sort((a, b) => a.startsAt - b.startsAt);
  return [
    `  ${first} to ${last}`,
    ...then.map(
      ({ device, startsAt, endsAt }) =>
        `    ${device.padEnd(14)} ${local(startsAt)} to ${endsAt === null ? '…' : local(endsAt)}`,
    ),
  ];
}

const local = (time: number) => new Date(time + SHANGHAI_MS).toISOString().slice(0, 16).replace('T', ' ');
const number = (n: number) => n.toLocaleString('en-GB');
