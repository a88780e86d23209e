import { UsageError } from '@seawall/devices-sim/errors';

/** The flags of `seawall query` that make up the document. */
export interface QueryFlags {
  readonly metric?: readonly string[];
  readonly where?: readonly string[];
  readonly box?: string;
  readonly circle?: string;
  readonly from?: string;
  readonly to?: string;
  readonly offset?: string;
  readonly step?: string;
  readonly maxPoints?: string;
  readonly aggregate?: string;
  readonly groupBy?: string;
  readonly fill?: string;
  readonly flags?: boolean;
  readonly timeZone?: string;
  readonly limit?: string;
}

/** Enough for a terminal's table and for a chart. */
const AUTO_POINTS = 300;

/** The query document of these flags; what they mean is the hub's to judge. @throws UsageError */
export function queryDocument(flags: QueryFlags): Readonly<Record<string, unknown>> {
  if (flags.metric === undefined) throw new UsageError('say which metric: --metric pm25 (or give a whole --document).');
  const document = {
    metrics: namesOf('--metric', flags.metric),
    where: flags.where && whereOf(flags.where),
    area: areaOf(flags),
    from: timeOf(flags.from ?? '-24h'),
    to: timeOf(flags.to ?? 'now'),
    offset: flags.offset,
    step: flags.step,
    maxPoints: maxPointsOf(flags),
    aggregate: flags.aggregate === undefined ? flags.step && ['mean'] : list('--aggregate', flags.aggregate),
    groupBy: flags.groupBy === undefined ? undefined : list('--group-by', flags.groupBy),
    fill: flags.fill !== undefined && isNumber(flags.fill) ? Number(flags.fill) : flags.fill,
    flags: flags.flags,
    timeZone: flags.timeZone,
    limit: flags.limit === undefined ? undefined : count('--limit', flags.limit),
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}

function maxPointsOf({ step, maxPoints }: QueryFlags): number | undefined {
  if (maxPoints !== undefined && step !== 'auto') throw new UsageError('--max-points goes with --step auto.');
  if (step !== 'auto') return undefined;
  return maxPoints === undefined ? AUTO_POINTS : count('--max-points', maxPoints);
}

/** Names with commas between them, of a flag that may be given several times. @throws UsageError */
export function namesOf(flag: string, texts: readonly string[]): string[] {
  return texts.flatMap((names) => list(flag, names));
}

function list(flag: string, text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw new UsageError(`${flag} takes names with commas between them, not "${text}".`);
  return items;
}

function count(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || text.trim() === '')
    throw new UsageError(`${flag} takes a whole number above 0, not "${text}".`);
  return value;
}

/** Longitudes before latitudes, as in RFC 7946 and in the parameters of the hub's lists. */
function areaOf({ box, circle }: QueryFlags): Readonly<Record<string, unknown>> | undefined {
  if (box !== undefined && circle !== undefined) throw new UsageError('give either --box or --circle.');
  if (box !== undefined) return { box: numbers('--box', box, 'west,south,east,north') };
  if (circle === undefined) return undefined;
  const [lon, lat, radiusM] = numbers('--circle', circle, 'longitude,latitude,metres');
  return { circle: { lat, lon, radiusM } };
}

function numbers(flag: string, text: string, what: string): number[] {
  const parts = text.split(',');
  if (parts.length !== what.split(',').length || !parts.every(isNumber))
    throw new UsageError(`${flag} takes ${what}, not "${text}".`);
  return parts.map(Number);
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

/** @throws UsageError */
export function whereOf(conditions: readonly string[]): Record<string, string[]> {
  const where: Record<string, string[]> = {};
  for (const condition of conditions) {
    const at = condition.indexOf('=');
    if (at < 1) throw new UsageError(`--where takes label=value, not "${condition}".`);
    (where[condition.slice(0, at)] ??= []).push(...list('--where', condition.slice(at + 1)));
  }
  return where;
}

function timeOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}
