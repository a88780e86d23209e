import { isDeepStrictEqual } from 'node:util';
import { isAbsenceRule, type Rule, type RuleVersion, type ThresholdRule } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';
import { WindowSet, type SeriesRuns } from '@seawall/windows';
import { compileAbsenceRule, type CompiledAbsenceRule, type AbsenceRuleState } from './absence-rule.ts';
import type { Moment } from './absence-watch.ts';
import type { Decision } from './alert-writer.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { EngineState, EngineTiming, SavedWindows } from './engine-state.ts';
import { SeriesRouter, type Routed } from './series-router.ts';
import type { WindowIntake } from './window-intake.ts';
import { WindowIntakes } from './window-intakes.ts';
import { compileWindowRule, type WindowRule, type WindowRuleState } from './window-rule.ts';

type LiveRuleVersion = RuleVersion & { readonly rule: Rule };

/** All rules in force, of every kind, and what brings them readings. */
export class RulesAtWork implements Iterable<CompiledRule> {
  readonly #directory: DeviceDirectory;
  readonly #router = new SeriesRouter();
  readonly #onWindows = new Map<string, WindowRule>();
  readonly #onSilence = new Map<string, CompiledAbsenceRule>();
  #intakes: WindowIntakes;

  constructor(directory: DeviceDirectory, timing: EngineTiming) {
    this.#directory = directory;
    this.#intakes = new WindowIntakes(timing, this.#router);
  }

  /** Those over windows first. */
  *[Symbol.iterator](): Generator<CompiledRule> {
    yield* this.#onWindows.values();
    yield* this.#onSilence.values();
  }

  /** What holds the readings of all rules over windows. */
  get intakes(): Iterable<WindowIntake> {
    return this.#intakes;
  }

  get timing(): EngineTiming {
    return this.#intakes.timing;
  }

  get(id: string): CompiledRule | undefined {
    return this.#onWindows.get(id) ?? this.#onSilence.get(id);
  }

  /** @returns what has picked any of the batch */
  route(runs: SeriesRuns): Routed {
    return this.#router.route(runs);
  }

  tick({ clock, stamp }: Moment): Decision[] {
    const decisions = this.#intakes.tick(clock, stamp);
    for (const rule of this) decisions.push(...rule.tick(clock, stamp));
    return decisions;
  }

  /** The directory knows of the change already. */
  deviceChanged(change: DeviceChange, { clock, stamp }: Moment): Decision[] {
    return [...this.#onSilence.values()].flatMap((rule) => rule.deviceChanged(change, clock, stamp));
  }

  hubStarted(clock: number): void {
    for (const rule of this.#onSilence.values()) rule.hubStarted(clock);
  }

  hubGoesOn(clock: number): void {
    for (const rule of this.#onSilence.values()) rule.hubGoesOn(clock);
  }

  begin({ rule, ...version }: LiveRuleVersion, now: Moment): void {
    if (isAbsenceRule(rule)) this.#addOnSilence(compileAbsenceRule({ ...version, rule }, this.#directory, now));
    else this.#addOnWindows({ ...version, rule }, this.#intakes.begin(rule));
  }

  end(rule: CompiledRule, because: string, stamp: number): readonly Decision[] {
    const { id } = rule.version;
    const over = rule.withdraw(because, stamp);
    if (this.#onSilence.delete(id)) this.#router.remove(rule.intake);
    this.#onWindows.delete(id);
    return over;
  }

  /**
   * Windows of one zone don't go on in another: the open ones are given up. The alerts stay, and it stays known who was ever
   * in a group, since an alert ends once all of them have left.
   */
  keepTime(timing: EngineTiming): void {
    const former = this.#intakes;
    if (isDeepStrictEqual(timing, former.timing)) return;
    const rules = [...this.#onWindows.values()];
    former.clear();
    this.#intakes = new WindowIntakes(timing, this.#router);
    const goesOn = timing.timeZone === former.timing.timeZone;
    const known = new Map<WindowIntake, WindowIntake>();
    for (const rule of rules) {
      const { version, intake } = rule;
      const next = known.get(intake) ?? this.#takePlaceOf(intake, version.rule, goesOn);
      known.set(intake, next);
      this.#addOnWindows(version, next, goesOn ? rule.save() : rule.saveWithoutWindows());
    }
    if (!goesOn) for (const [intake, next] of known) next.windows.rememberMembersOf(intake.windows);
  }

  /** Goes on from a state, as the first thing it does. */
  restore({ windows, rules }: EngineState, now: Moment): void {
    const sharing = new Map(rules.map((each) => [each.windows, each.version.rule as ThresholdRule]));
    const intakes = windows.map((saved, place) => this.#intakes.restore(sharing.get(place)!, this.#windowsOf(saved)));
    for (const { version, windows: place, kept } of rules) {
      const { rule } = version;
      if (isAbsenceRule(rule)) {
        const state = kept as AbsenceRuleState;
        this.#addOnSilence(compileAbsenceRule({ ...version, rule }, this.#directory, now, state));
      } else this.#addOnWindows({ ...version, rule }, intakes[place!]!, kept as WindowRuleState);
    }
  }

  #takePlaceOf({ windows }: WindowIntake, rule: ThresholdRule, goesOn: boolean): WindowIntake {
    return goesOn ? this.#intakes.restore(rule, this.#windowsOf(windows.save())) : this.#intakes.beginAnew(rule);
  }

  #addOnSilence(rule: CompiledAbsenceRule): void {
    this.#onSilence.set(rule.version.id, rule);
    this.#router.add(rule.intake);
  }

  #addOnWindows(version: WindowRule['version'], intake: WindowIntake, saved?: WindowRuleState): void {
    this.#onWindows.set(version.id, compileWindowRule(version, this.#directory, this.#intakes, intake, saved));
  }

  #windowsOf(saved: SavedWindows): WindowSet {
    const { timing, pool } = this.#intakes;
    return 'of1' in saved ? WindowSet.from1(timing, saved.view, saved.of1, pool) : new WindowSet(timing, saved, pool);
  }
}
