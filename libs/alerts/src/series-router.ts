import { SeriesTable, type Labels, type Series } from '@seawall/model';
import type { SeriesRuns } from '@seawall/windows';
import type { Intake } from './compiled-rule.ts';
import { TargetLists, type Target } from './target-lists.ts';

export interface Routed {
  /** Those that have picked any. */
  readonly intakes: Intake[];
  /** True where no series stands twice in the batch; false if it may. */
  readonly once: boolean;
}

/** Intakes are numbered as they come, so that a series need only be shown to those it has not been shown to. */
interface Numbered {
  readonly number: number;
  readonly intake: Intake;
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
  /** By the series' number: what its targets were found by, and how many intakes had come by then. */
  readonly #labels: Labels[] = [];
  readonly #seen: number[] = [];
  readonly #targets = new TargetLists();
  /** What the last series that was asked about is looked for under: those of one kind come together. */
  #kind = kindOf('', '');
  #come = 0;
  /** Whether there may be targets of intakes that are not there any more. */
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

  /** Has each series of a batch that has readings picked by the intakes that select it. */
  route({ batch: { series, labels }, offsets }: SeriesRuns): Routed {
    if (this.#stale) this.#letGo();
    const intakes: Intake[] = [];
    let once = true;
    for (let s = 0; s < series.length; s++) {
      if (offsets[s] === offsets[s + 1]) continue;
      const id = this.#table.idOf(series[s]!);
      if (this.#labels[id] !== labels[s]) {
        // The second of two that stand for one series is known by the first one's labels.
        once = false;
        this.#find(id, series[s]!, labels[s]!);
      } else if (this.#seen[id] !== this.#come) this.#find(id, series[s]!, labels[s]!);
      const end = this.#targets.end(id);
      for (let at = this.#targets.begin(id); at < end; at++) {
        const intake = this.#targets.intakeAt(at);
        if (intake.pick(this.#targets.memberAt(at), s) === 1) intakes.push(intake);
      }
    }
    return { intakes, once };
  }

  /** Brings the targets of a series up to date. */
  #find(id: number, series: Series, labels: Labels): void {
    const known = this.#labels[id];
    if (known === undefined || (known !== labels && !areSame(known, labels))) {
      this.#targets.put(id, this.#ask(series, labels, 0));
    } else if (this.#seen[id] !== this.#come) {
      this.#targets.append(id, this.#ask(series, labels, this.#seen[id]!));
    }
    // Labels decoded anew are other objects with the same content; from now on those are known by identity.
    this.#labels[id] = labels;
    this.#seen[id] = this.#come;
  }

  /** At once for all series: one that sends nothing any more would keep an intake, and all that it holds, for ever. */
  #letGo(): void {
    this.#stale = false;
    this.#targets.keep((intake) => this.#present.has(intake));
  }

  /** @param from the number of the first intake that is asked */
  #ask(series: Series, labels: Labels, from: number): Target[] {
    const { domain, metric, device } = series;
    if (this.#kind.domain !== domain || this.#kind.metric !== metric) this.#kind = kindOf(domain, metric);
    const targets: Target[] = [];
    for (const key of this.#kind.keys) {
      const ofDevice = this.#ofDevices.size === 0 ? undefined : this.#ofDevices.get(keyOf(key, device));
      for (const list of [this.#intakes.get(key), ofDevice]) {
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

function areSame(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function kindOf(domain: string, metric: string) {
  return { domain, metric, keys: [keyOf(domain, metric), keyOf(domain, ALL_METRICS)] };
}

function keyOf(name: string, ofIt: string): string {
  return `${name}\u0000${ofIt}`;
}
