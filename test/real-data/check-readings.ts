import { query, type QueryAnswer } from '../support/http.ts';
import { waitUntil } from '../support/wait-until.ts';
import { readingsIn, type Recording } from './recording.ts';
import { AGGREGATES, agrees, referenceBuckets, type ReferenceBuckets } from './reference-aggregates.ts';
import type { Zone } from './zone.ts';

/** What was compared, and the first few of what differs, as sentences. */
export interface Check {
  readonly name: string;
  readonly compared: number;
  readonly mismatches: readonly string[];
}

const HOUR = 3_600_000;
const MAX_TOLD = 10;

/** Waits until the hub's store has caught up with its journal, as far as the number of readings tells. */
export async function untilStored(http: string, recording: Recording): Promise<void> {
  const counted = async () => (await counts(http, recording)).reduce((sum, { count }) => sum + count, 0);
  await waitUntil(
    `${recording.title} is stored`,
    async () => (await counted()) >= readingsIn(recording.series),
    120_000,
    250,
  );
}

/** The number of readings of every series, exactly. */
export async function checkCounts(http: string, recording: Recording): Promise<Check> {
  const answered = new Map(
    (await counts(http, recording)).map(({ device, metric, count }) => [`${device} ${metric}`, count]),
  );
  const expected = new Map(recording.series.map(({ device, metric, time }) => [`${device} ${metric}`, time.length]));
  const mismatches = [...new Set([...answered.keys(), ...expected.keys()])]
    .filter((series) => answered.get(series) !== expected.get(series))
    .map((series) => `${series}: ${answered.get(series) ?? 0} stored, ${expected.get(series) ?? 0} in the files`);
  return { name: `${recording.title}: readings of every series`, compared: expected.size, mismatches };
}

async function counts(
  http: string,
  recording: Recording,
): Promise<{ device: string; metric: string; count: number }[]> {
  const answer = await query(http, {
    ...documentOf(recording, metricsOf(recording)),
    aggregate: ['count'],
    groupBy: ['device'],
  });
  return answer.series.map(({ labels, metric, values }) => ({
    device: labels.device!,
    metric,
    count: values.count?.[0] ?? 0,
  }));
}

/** Hourly and local-day aggregates of every device and of all together, and days as other zones count them. */
export async function checkAggregates(
  http: string,
  recording: Recording,
  onProgress: (fraction: number) => void,
): Promise<Check[]> {
  const metrics = metricsOf(recording);
  const cuts = cutsOf(recording);
  const checks: Check[] = [];
  for (const cut of cuts) {
    const result = { compared: 0, mismatches: [] as string[] };
    for (const [i, metric] of metrics.entries()) {
      for (const devices of groupsOf(recording, cut.groupBy))
        await compareMetric(http, recording, { ...cut, metric, devices }, result);
      onProgress((checks.length + (i + 1) / metrics.length) / cuts.length);
    }
    const whose = cut.groupBy.length === 0 ? 'all together' : 'every device';
    checks.push({ name: `${recording.title}: ${STEPS[cut.step]} in ${cut.zone.name}, ${whose}`, ...result });
  }
  return checks;
}

const HOURLY_AGGREGATES = ['count', 'mean', 'p95'];
const STEPS = { '1h': 'hourly', '6h': 'six-hourly', '1d': 'daily' } as const;
const STEP_MS = { '1h': HOUR, '6h': 6 * HOUR, '1d': 24 * HOUR } as const;

interface Cut {
  readonly step: keyof typeof STEPS;
  readonly zone: Zone;
  readonly groupBy: readonly string[];
  readonly aggregates: readonly string[];
}

function cutsOf(recording: Recording): Cut[] {
  const single = new Set(recording.series.map(({ device }) => device)).size === 1;
  const groups = single ? [['device']] : [[], ['device']];
  const own = (['1h', '1d'] as const).flatMap((step) =>
    groups.map((groupBy) => {
      // Hours of one device hold few readings: there are many of them, and little to be wrong in each.
      const aggregates = step === '1h' && groupBy.length > 0 ? HOURLY_AGGREGATES : AGGREGATES;
      return { step, zone: recording.zone, groupBy, aggregates };
    }),
  );
  const others = (recording.alsoInZones ?? []).flatMap((zone) =>
    (['6h', '1d'] as const).map((step) => ({ step, zone, groupBy: [], aggregates: AGGREGATES })),
  );
  return [...own, ...others];
}

interface Asked extends Cut {
  readonly metric: string;
  /** undefined: all of them. */
  readonly devices: readonly string[] | undefined;
}

/** Few at a time where there is much of each, so that no answer is cut. */
function groupsOf(recording: Recording, groupBy: readonly string[]): (readonly string[] | undefined)[] {
  if (groupBy.length === 0) return [undefined];
  const devices = [...new Set(recording.series.map(({ device }) => device))];
  return devices.length > 20 ? [undefined] : devices.map((device) => [device]);
}

async function compareMetric(
  http: string,
  recording: Recording,
  asked: Asked,
  result: { compared: number; mismatches: string[] },
): Promise<void> {
  const { metric, step, zone, groupBy, devices, aggregates } = asked;
  const document = documentOf(recording, [metric]);
  const where = devices === undefined ? document.where : { ...document.where, device: devices };
  const answer = await query(http, { ...document, where, step, timeZone: zone.name, groupBy, aggregate: aggregates });
  if (answer.next !== null) throw new Error(`The ${step} answer of ${metric} was cut.`);
  const series = recording.series.filter(
    (one) => one.metric === metric && (devices === undefined || devices.includes(one.device)),
  );
  const groups = groupBy.length === 0 ? [['', series] as const] : series.map((one) => [one.device, [one]] as const);
  for (const [device, members] of groups) {
    const answered = answer.series.filter(({ labels }) => groupBy.length === 0 || labels.device === device);
    const name = `${metric} ${device} ${step}`;
    if (answered.length !== 1) result.mismatches.push(`${name}: ${answered.length} series answered`);
    else compareBuckets(name, answered[0]!, referenceBuckets(zone, members, STEP_MS[step]), aggregates, result);
  }
  if (answer.series.length > groups.length)
    result.mismatches.push(`${metric} ${step}: ${answer.series.length} series answered`);
}

function compareBuckets(
  name: string,
  { time, values }: QueryAnswer['series'][number],
  expected: ReferenceBuckets,
  aggregates: readonly string[],
  result: { compared: number; mismatches: string[] },
): void {
  const tell = (sentence: string) => {
    if (result.mismatches.length < MAX_TOLD) result.mismatches.push(sentence);
    else result.mismatches[MAX_TOLD] = '… and more';
  };
  if (time.length !== expected.size) tell(`${name}: ${time.length} buckets answered, ${expected.size} expected`);
  time.forEach((start, i) => {
    const bucket = expected.get(start);
    if (bucket === undefined) return tell(`${name}: a bucket at ${new Date(start).toISOString()} that should not be`);
    for (const aggregate of aggregates) {
      const answered = values[aggregate]?.[i] ?? null;
      result.compared++;
      if (agrees(aggregate, answered, bucket)) continue;
      tell(
        `${name} ${aggregate} at ${new Date(start).toISOString()}: ${answered} answered, ${bucket.aggregates[aggregate]} expected`,
      );
    }
  });
}

function metricsOf(recording: Recording): string[] {
  return [...new Set(recording.series.map(({ metric }) => metric))];
}

/** The whole recording, which is all there is of its metrics in its domain. */
function documentOf({ domain, zone, series }: Recording, metrics: readonly string[]) {
  const from = Math.min(...series.map(({ time }) => time[0]!));
  const to = Math.max(...series.map(({ time }) => time.at(-1)!)) + HOUR;
  return { metrics, where: { domain: [domain] }, from, to, timeZone: zone.name, limit: 1_000_000 };
}
