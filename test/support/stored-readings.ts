import { query, type QueryAnswer } from './http.ts';
import { deviceId, deviceOf, eventTimeOf, valueOf, type LoadPlan } from './load-plan.ts';
import type { LoadReport } from './load-generator.ts';

export interface Difference {
  readonly series: string;
  readonly missing: number;
  readonly wrong: number;
  readonly unexpected: number;
}

/** By event time: the value a load published, and whether that was acknowledged. */
type Expected = Map<number, { readonly value: number; readonly acknowledged: boolean }>;

const RAW_LIMIT = 100_000;

/**
 * Compares what a load had acknowledged with what the hub answers, series by series, reading by reading: an
 * acknowledged one must be there exactly once with its value, and nothing may be there that was never sent.
 * @returns one line a series that differs; empty is good
 */
export async function compareStored(http: string, plan: LoadPlan, report: LoadReport): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (let connection = 0; connection < plan.connections; connection++) {
    for (let device = 0; device < plan.devicesPerConnection; device++) {
      for (let metric = 0; metric < plan.metrics.length; metric++) {
        const expected = expectedReadings(plan, report, connection, device, metric);
        const answer = await rawReadings(http, plan, deviceId(plan, connection, device), plan.metrics[metric]!);
        const difference = differenceOf(
          expected,
          answer,
          `${deviceId(plan, connection, device)} ${plan.metrics[metric]}`,
        );
        if (difference !== undefined) differences.push(difference);
      }
    }
  }
  return differences;
}

/** Distinct readings acknowledged. */
export function acknowledgedReadings(plan: LoadPlan, report: LoadReport): number {
  return report.acknowledgedCount * plan.metrics.length;
}

/** Distinct readings of the plan that queries find. */
export async function countStored(http: string, plan: LoadPlan): Promise<number> {
  const answer = await query(http, {
    metrics: plan.metrics,
    where: { domain: [plan.domain], device: [`${plan.run}-*`] },
    ...wholeRange(plan),
    aggregate: ['count'],
  });
  return answer.series.reduce((sum, { values }) => sum + (values.count?.[0] ?? 0), 0);
}

function expectedReadings(
  plan: LoadPlan,
  report: LoadReport,
  connection: number,
  device: number,
  metric: number,
): Expected {
  const expected: Expected = new Map();
  const acknowledged = report.acknowledged[connection]!;
  for (let message = device; message < report.sent[connection]!; message += plan.devicesPerConnection) {
    if (deviceOf(plan, message) !== device) throw new Error('The plan and its check disagree.');
    const value = valueOf(plan, connection, message, metric);
    expected.set(eventTimeOf(plan, message), { value, acknowledged: acknowledged[message] === 1 });
  }
  return expected;
}

async function rawReadings(http: string, plan: LoadPlan, device: string, metric: string): Promise<QueryAnswer> {
  const where = { domain: [plan.domain], device: [device] };
  const answer = await query(http, { metrics: [metric], where, ...wholeRange(plan), limit: RAW_LIMIT });
  if (answer.next !== null)
    throw new Error(`The answer for ${device} was cut; the test publishes too much for one page.`);
  return answer;
}

function differenceOf(expected: Expected, answer: QueryAnswer, series: string): Difference | undefined {
  let wrong = 0;
  let unexpected = 0;
  for (const { time, values } of answer.series) {
    time.forEach((t, i) => {
      const reading = expected.get(t);
      if (reading === undefined)
        unexpected++; // never sent, or here a second time
      else if (reading.value !== values.value![i]) wrong++;
      expected.delete(t);
    });
  }
  const missing = [...expected.values()].filter(({ acknowledged }) => acknowledged).length;
  return missing + wrong + unexpected === 0 ? undefined : { series, missing, wrong, unexpected };
}

function wholeRange(plan: LoadPlan): { from: number; to: number } {
  return { from: plan.baseTime, to: plan.baseTime + 400 * 86_400_000 };
}
