import { SeriesTable, type Labels, type Series } from '@seawall/model';
import type { Intake } from './compiled-rule.ts';

/** An intake that selects a series, and what it knows it by. */
export interface Target {
  readonly intake: Intake;
  readonly member: number;
}

/** Intakes are numbered as they come, so that a series need only be shown to those it has not been shown to. */
interface Numbered {
  readonly number: number;
  readonly intake: Intake;
}

interface Route {
  labels: Labels;
  targets: readonly Target[];
  /** How many intakes had come when its targets were found. */
  come: number;
}

const ALL_METRICS = '';

/**
 * Knows for each series which intakes its readings go to. Intakes are found by domain, metric and, where they name
 * them, device; each is asked once for a series and its labels, so that a reading costs only the rules that select it.
 */
export class SeriesRouter {
  /** By domain and metric; each in the order in which they came. */
  readonly #intakes = new Map<string, Numbered[]>();
  /** Those that want some devices by name, by domain, metric and device. */
  readonly #ofDevices = new Map<string, Numbered[]>();
  readonly #present = new Set<Intake>();
  readonly #table = new SeriesTable();
  readonly #routes: (Route | undefined)[] = [];
  #come = 0;
  /** Whether routes may lead to intakes that are not there any more. */
  #stale = false;

  add(intake: Intake): void {
    if (this.#present.has(intake)) return;
    this.#present.add(intake);
    const numbered = { number: this.#come++, intake };
    for (const [list, key] of this.#listsOf(intake)) {
      const others = list.get(key);
      if (others === undefined) list.set(key, [numbered]);
      else others.push(numbered);
    }
  }

  remove(intake: Intake): void {
    if (!this.#present.delete(intake)) return;
    this.#stale = true;
    for (const [list, key] of this.#listsOf(intake)) {
      const others = list.get(key)!.filter((each) => each.intake !== intake);
      if (others.length > 0) list.set(key, others);
      else list.delete(key);
    }
  }

  targetsOf(series: Series, labels: Labels): readonly Target[] {
    if (this.#stale) this.#letGo();
    const id = this.#table.idOf(series);
    const known = this.#routes[id];
    if (known === undefined || (known.labels !== labels && !sameLabels(known, labels))) {
      const targets = this.#ask(series, labels, 0);
      this.#routes[id] = { labels, targets, come: this.#come };
      return targets;
    }
    if (known.come !== this.#come) this.#bringUpToDate(known, series);
    return known.targets;
  }

  #bringUpToDate(route: Route, series: Series): void {
    const more = this.#ask(series, route.labels, route.come);
    if (more.length > 0) route.targets = [...route.targets, ...more];
    route.come = this.#come;
  }

  /** At once for all series: one that sends nothing any more would keep an intake, and all that it holds, for ever. */
  #letGo(): void {
    this.#stale = false;
    const isGone = ({ intake }: Target) => !this.#present.has(intake);
    for (const route of this.#routes) {
      if (route?.targets.some(isGone) === true) route.targets = route.targets.filter((target) => !isGone(target));
    }
  }

  /** @param from the number of the first intake that is asked */
  #ask(series: Series, labels: Labels, from: number): Target[] {
    const { domain, metric, device } = series;
    const targets: Target[] = [];
    for (const key of [keyOf(domain, metric), keyOf(domain, ALL_METRICS)]) {
      for (const list of [this.#intakes.get(key), this.#ofDevices.get(keyOf(key, device))]) {
        for (let i = (list?.length ?? 0) - 1; i >= 0 && list![i]!.number >= from; i--) {
          const { intake } = list![i]!;
          const member = intake.select(series, labels);
          if (member !== null) targets.push({ intake, member });
        }
      }
    }
    return targets;
  }

  #listsOf({ selection: { domain, metric = ALL_METRICS, where } }: Intake): [Map<string, Numbered[]>, string][] {
    const key = keyOf(domain, metric);
    const devices = where?.['device'];
    if (devices === undefined || devices.some(isPattern)) return [[this.#intakes, key]];
    return [...new Set(devices)].map((device) => [this.#ofDevices, keyOf(key, device)]);
  }
}

function isPattern(device: string): boolean {
  return device.startsWith('!') || device.includes('*');
}

/** Labels decoded anew are other objects with the same content; from then on those are known by identity. */
function sameLabels(route: Route, labels: Labels): boolean {
  const names = Object.keys(labels);
  if (names.length !== Object.keys(route.labels).length) return false;
  if (!names.every((name) => route.labels[name] === labels[name])) return false;
  route.labels = labels;
  return true;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\u0000');
}
