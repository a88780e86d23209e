import type { ThresholdRule } from '@seawall/model';
import { SegmentPool, WindowSet, type WindowTiming } from '@seawall/windows';
import type { Decision } from './alert-writer.ts';
import { DEFAULT_GROUP_BY } from './group.ts';
import type { SeriesRouter } from './series-router.ts';
import { WindowIntake } from './window-intake.ts';

/** The intakes of all rules over windows. */
export class WindowIntakes implements Iterable<WindowIntake> {
  readonly timing: WindowTiming;
  /** For the readings of all of them: ten thousand rules may have as many sets, and each would hold some in reserve. */
  readonly pool = new SegmentPool();
  readonly #router: SeriesRouter;
  /** With the keys of `#shared`. */
  readonly #intakes = new Map<WindowIntake, string>();
  /** By what they select and how they group it, those that may still be shared. */
  readonly #shared = new Map<string, WindowIntake>();

  constructor(timing: WindowTiming, router: SeriesRouter) {
    this.timing = timing;
    this.#router = router;
  }

  /** For a rule that begins now: one that has seen nothing yet may be shared, since that is what a new one has seen. */
  begin(rule: ThresholdRule): WindowIntake {
    const shared = this.#shared.get(keyOf(rule));
    return shared?.windows.isUntouched === true ? shared : this.beginAnew(rule);
  }

  /** For rules that have shared windows, of which these take the place. @param rule any one of them */
  beginAnew(rule: ThresholdRule): WindowIntake {
    return this.#add(rule, new WindowSet(this.timing, undefined, this.pool));
  }

  /** With windows that go on, and have their room in this pool. @param rule any one of those that share it */
  restore(rule: ThresholdRule, windows: WindowSet): WindowIntake {
    return this.#add(rule, windows);
  }

  /** A rule has left it. */
  release(intake: WindowIntake): void {
    if (intake.isWanted) return;
    const key = this.#intakes.get(intake)!;
    if (this.#shared.get(key) === intake) this.#shared.delete(key);
    this.#intakes.delete(intake);
    this.#router.remove(intake);
    intake.windows.free();
  }

  tick(clock: number, stamp: number): Decision[] {
    const decisions: Decision[] = [];
    for (const intake of this.#intakes.keys()) {
      const made = intake.tick(clock, stamp);
      if (made.length > 0) decisions.push(...made);
    }
    return decisions;
  }

  [Symbol.iterator](): Iterator<WindowIntake> {
    return this.#intakes.keys();
  }

  /** Gives all of them up, and the pool with them. */
  clear(): void {
    for (const intake of this.#intakes.keys()) this.#router.remove(intake);
    this.#intakes.clear();
    this.#shared.clear();
  }

  #add(rule: ThresholdRule, windows: WindowSet): WindowIntake {
    const intake = new WindowIntake(rule, windows);
    const key = keyOf(rule);
    this.#intakes.set(intake, key);
    this.#shared.set(key, intake);
    this.#router.add(intake);
    return intake;
  }
}

/** The same for rules that select the same series and group them alike. */
function keyOf({ groupBy = DEFAULT_GROUP_BY, when: { domain, metric, where = {} } }: ThresholdRule): string {
  const names = Object.keys(where).sort();
  return JSON.stringify([domain, metric, groupBy, names.map((name) => [name, [...where[name]!].sort()])]);
}
