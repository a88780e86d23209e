import { isAbsenceRule, type Rule, type ThresholdRule, type WindowAggregate } from '@seawall/model';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import type { SimulatedDevice } from './device-kind.ts';
import { parseOffset } from './offset.ts';
import { RULES_FOLDER, type Scenario } from './scenario.ts';
import { schedule } from './schedule.ts';
import type { Condition } from './world/conditions.ts';

/** The rules of the demonstration city. */
export const cityRules: readonly Rule[] = readdirSync(RULES_FOLDER).map(
  (file) => parse(readFileSync(`${RULES_FOLDER}/${file}`, 'utf8')) as Rule,
);

/** A rule with its durations read, which here are hours and minutes as a scenario's offsets are. */
interface Plan {
  readonly rule: ThresholdRule;
  /** The one label it groups by. */
  readonly label: string;
  readonly stepMs: number;
  readonly windowMs: number;
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

/** Silence is not told by readings; what it takes is in the faults' own tests. */
const plans = cityRules
  .filter((rule): rule is ThresholdRule => !isAbsenceRule(rule))
  .map((rule): Plan => {
    const { window = '', every = window, for: holds = '0', keepFiringFor = '0' } = rule.when;
    const [stepMs, windowMs, forMs, keepFiringForMs] = [every, window, holds, keepFiringFor].map((text) => {
      return parseOffset(text)!;
    }) as [number, number, number, number];
    return { rule, label: rule.groupBy![0]!, stepMs, windowMs, forMs, keepFiringForMs };
  });

/** One life of an alert; offsets from the scenario's start, ms. */
export interface Episode {
  readonly rule: string;
  readonly labels: Record<string, string>;
  readonly fires: number;
  resolves: number | undefined;
}

/** What a slice holds. */
interface Slice {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** group → number of the slice since the epoch → slice */
type Slices = Map<string, Map<number, Slice>>;

export interface Run {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Epoch ms. */
  readonly start: number;
  readonly devices: number;
}

/** What the rules make of a scenario by plain arithmetic, written straight from the contract and none of the engine. */
export function episodesOf(run: Run): Episode[] {
  const city = new CityReadings(run.scenario, run.seed, run.start);
  const slices = plans.map((): Slices => new Map<string, Map<number, Slice>>());
  for (const device of cityDevices(run.devices)) collect(city, device, run, slices);
  return plans.flatMap((plan, i) => [...slices[i]!].flatMap(([group, ofGroup]) => judge(plan, group, ofGroup, run)));
}

function collect(city: CityReadings, device: SimulatedDevice, run: Run, slices: readonly Slices[]): void {
  const concerned = plans.flatMap((plan, i) => {
    if (!selects(plan.rule, device)) return [];
    const group = labelOf(device, plan.label);
    return [{ metric: plan.rule.when.metric, stepMs: plan.stepMs, group: groupIn(slices[i]!, group) }];
  });
  if (concerned.length === 0) return;
  for (const { eventTime } of schedule([device], run.seed, run.start)) {
    if (eventTime >= run.start + run.scenario.duration) return;
    const values = city.read(device, eventTime);
    if (values === undefined) continue;
    for (const { metric, stepMs, group } of concerned) add(group, Math.floor(eventTime / stepMs), values[metric]!);
  }
}

function labelOf({ id, description }: SimulatedDevice, label: string): string {
  return { device: id, type: description.type, district: description.district, site: description.site }[label]!;
}

function selects({ when }: ThresholdRule, device: SimulatedDevice): boolean {
  if (when.domain !== device.kind.domain || !(when.metric in device.kind.metrics)) return false;
  return Object.entries(when.where ?? {}).every(([label, values]) => values.includes(labelOf(device, label)));
}

function groupIn(slices: Slices, name: string): Map<number, Slice> {
  let group = slices.get(name);
  if (group === undefined) slices.set(name, (group = new Map<number, Slice>()));
  return group;
}

function add(group: Map<number, Slice>, number: number, value: number): void {
  let slice = group.get(number);
  if (slice === undefined) group.set(number, (slice = { count: 0, sum: 0, min: Infinity, max: -Infinity }));
  slice.count++;
  slice.sum += value;
  slice.min = Math.min(slice.min, value);
  slice.max = Math.max(slice.max, value);
}

/** `for` and `keepFiringFor` over the results of a group's windows; a window without readings says nothing. */
function judge(plan: Plan, group: string, slices: Map<number, Slice>, { start, scenario }: Run): Episode[] {
  const { rule, label, stepMs, windowMs, forMs, keepFiringForMs } = plan;
  const episodes: Episode[] = [];
  let open: Episode | undefined;
  let trueSince: number | undefined;
  let clearSince: number | undefined;
  for (let end = Math.floor(start / stepMs) + 1; end * stepMs <= start + scenario.duration; end++) {
    const parts: Slice[] = [];
    for (let i = end - windowMs / stepMs; i < end; i++) if (slices.has(i)) parts.push(slices.get(i)!);
    if (parts.length === 0) continue;
    const value = aggregate(parts, rule.when.aggregate);
    const at = end * stepMs - start;
    trueSince = breaches(rule, value) ? (trueSince ?? at) : undefined;
    clearSince = clears(rule, value) ? (clearSince ?? at) : undefined;
    if (open === undefined && trueSince !== undefined && at - trueSince >= forMs) {
      open = { rule: rule.id, labels: { [label]: group }, fires: at, resolves: undefined };
      clearSince = undefined;
      episodes.push(open);
    } else if (open !== undefined && clearSince !== undefined && at - clearSince >= keepFiringForMs) {
      open.resolves = at;
      open = undefined;
    }
  }
  return episodes;
}

function breaches(
  { when: { above = Infinity, below = -Infinity, outside = [-Infinity, Infinity] } }: ThresholdRule,
  value: number,
) {
  return value > above || value < below || value < outside[0] || value > outside[1];
}

function clears(rule: ThresholdRule, value: number): boolean {
  const { above, below, outside, clear } = rule.when;
  if (clear === undefined) return !breaches(rule, value);
  if (above !== undefined) return value < clear;
  if (below !== undefined) return value > clear;
  return value > outside![0] + clear && value < outside![1] - clear;
}

function aggregate(parts: readonly Slice[], kind: WindowAggregate): number {
  const all = parts.reduce((a, b) => ({
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  }));
  switch (kind) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
      return all[kind];
    case 'mean':
      return all.sum / all.count;
    default:
      throw new Error(`The city's rules don't use ${kind}; teach this arithmetic before they do.`);
  }
}

/** Nothing happens. */
export const calmScenario: Scenario = {
  name: 'calm',
  summary: 'Nothing happens.',
  duration: 14 * 24 * 3_600_000,
  timeline: [],
  faults: [],
  raises: [],
  staysQuiet: [],
};

/** One condition of the world changes at once, everywhere or in one district. Offsets in ms. */
export function worldWith(
  condition: Condition,
  add: number,
  { from, to, district }: { from: number; to: number; district?: string | undefined },
): Scenario {
  const change = { [condition]: { add } };
  const where = district === undefined ? undefined : { district: [district] };
  const effect = { text: 'It begins.', over: 'It is over.', from, to, rampUp: 0, rampDown: 0, where, change };
  return { ...calmScenario, timeline: [effect] };
}
