import type { Rule, WindowAggregate } from '@seawall/model';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import type { SimulatedDevice } from './device-kind.ts';
import { parseOffset } from './offset.ts';
import { RULES_FOLDER, type Scenario } from './scenario.ts';
import { schedule } from './schedule.ts';

/** The rules of the demonstration city. */
export const cityRules: readonly Rule[] = readdirSync(RULES_FOLDER).map(
  (file) => parse(readFileSync(`${RULES_FOLDER}/${file}`, 'utf8')) as Rule,
);

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
  const slices = cityRules.map((): Slices => new Map());
  for (const device of cityDevices(run.devices)) collect(city, device, run, slices);
  return cityRules.flatMap((rule, i) =>
    [...slices[i]!].flatMap(([group, ofGroup]) => judge(rule, group, ofGroup, run)),
  );
}

function collect(city: CityReadings, device: SimulatedDevice, run: Run, slices: readonly Slices[]): void {
  const concerned = cityRules.flatMap((rule, i) => (selects(rule, device) ? [{ rule, slices: slices[i]! }] : []));
  if (concerned.length === 0) return;
  for (const { eventTime } of schedule([device], run.seed, run.start)) {
    if (eventTime >= run.start + run.scenario.duration) return;
    const values = city.read(device, eventTime);
    if (values === undefined) continue;
    for (const one of concerned) {
      const slice = Math.floor(eventTime / stepMs(one.rule));
      add(one.slices, labelOf(device, one.rule.groupBy![0]!), slice, values[one.rule.when.metric]!);
    }
  }
}

function labelOf({ id, description }: SimulatedDevice, label: string): string {
  return { device: id, type: description.type, district: description.district, site: description.site }[label]!;
}

function selects({ when }: Rule, device: SimulatedDevice): boolean {
  if (when.domain !== device.kind.domain || !(when.metric in device.kind.metrics)) return false;
  return Object.entries(when.where ?? {}).every(([label, values]) => values.includes(labelOf(device, label)));
}

function add(slices: Slices, group: string, number: number, value: number): void {
  let ofGroup = slices.get(group);
  if (ofGroup === undefined) slices.set(group, (ofGroup = new Map()));
  let slice = ofGroup.get(number);
  if (slice === undefined) ofGroup.set(number, (slice = { count: 0, sum: 0, min: Infinity, max: -Infinity }));
  slice.count++;
  slice.sum += value;
  slice.min = Math.min(slice.min, value);
  slice.max = Math.max(slice.max, value);
}

/** `for` and `keepFiringFor` over the results of a group's windows; a window without readings says nothing. */
function judge(rule: Rule, group: string, slices: Map<number, Slice>, { start, scenario }: Run): Episode[] {
  const step = stepMs(rule);
  const perWindow = durationOf(rule.when.window) / step;
  const episodes: Episode[] = [];
  let open: Episode | undefined;
  let trueSince: number | undefined;
  let clearSince: number | undefined;
  for (let end = Math.floor(start / step) + 1; end * step <= start + scenario.duration; end++) {
    const parts = Array.from({ length: perWindow }, (_, i) => slices.get(end - 1 - i)).filter(
      (part) => part !== undefined,
    );
    if (parts.length === 0) continue;
    const value = aggregate(parts, rule.when.aggregate);
    const at = end * step - start;
    trueSince = breaches(rule, value) ? (trueSince ?? at) : undefined;
    clearSince = clears(rule, value) ? (clearSince ?? at) : undefined;
    if (open === undefined && trueSince !== undefined && at - trueSince >= durationOf(rule.when.for)) {
      open = { rule: rule.id, labels: { [rule.groupBy![0]!]: group }, fires: at, resolves: undefined };
      clearSince = undefined;
      episodes.push(open);
    } else if (
      open !== undefined &&
      clearSince !== undefined &&
      at - clearSince >= durationOf(rule.when.keepFiringFor)
    ) {
      open.resolves = at;
      open = undefined;
    }
  }
  return episodes;
}

function breaches(
  { when: { above = Infinity, below = -Infinity, outside = [-Infinity, Infinity] } }: Rule,
  value: number,
) {
  return value > above || value < below || value < outside[0] || value > outside[1];
}

function clears(rule: Rule, value: number): boolean {
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
    case 'first':
    case 'last':
      throw new Error(`The city's rules don't use ${kind}; teach this arithmetic before they do.`);
  }
}

function stepMs({ when: { window, every = window } }: Rule): number {
  return durationOf(every);
}

/** Durations of rules, which here are hours and minutes as a scenario's offsets are. */
function durationOf(duration: string | undefined): number {
  return duration === undefined ? 0 : parseOffset(duration)!;
}
