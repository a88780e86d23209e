import { isDeepStrictEqual } from 'node:util';
import { isAbsenceRule, type Rule, type RuleVersion } from '@seawall/model';
import type { EntryDraft, EntryOf, JournalEntry, Origin } from '@seawall/ports';
import { bySeries } from '@seawall/windows';
import type { Decision } from './alert-book.ts';
import { compileRule, type CompiledRule, type LiveRuleVersion, type SavedRule } from './compile-rule.ts';
import { DeviceDirectory } from './device-directory.ts';
import {
  decodeState,
  encodeDirectory,
  encodeRule,
  encodeState,
  type EngineState,
  type EngineTiming,
  type RefusedRule,
} from './engine-state.ts';
import { JournalClock } from './journal-clock.ts';
import { RuleError } from './rule-error.ts';
import { parseRule } from './rule-schema.ts';
import { SeriesRouter } from './series-router.ts';

/** A minute's readings may overtake each other a little on their way; ten seconds cost an alert ten seconds. */
export const DEFAULT_DELAY_MS = 10_000;
/** Most devices publish once a minute or oftener; one that is silent for longer no longer holds its group back. */
export const DEFAULT_IDLE_AFTER_MS = 60_000;

export const ENGINE_PRODUCER = 'engine';

/** By mark: what notifies wins over what does not, whichever of a window's readings came first. */
const ORIGINS: readonly Origin[] = ['import', 'replay', 'live'];

/** What windows go by before the log's first `hub-start`, which says it itself. */
const FIRST_TIMING: EngineTiming = { timeZone: 'UTC', delayMs: DEFAULT_DELAY_MS, idleAfterMs: DEFAULT_IDLE_AFTER_MS };

export interface EngineStatus {
  readonly rules: number;
  readonly scopes: number;
  /** Stretches of windows whose readings are still kept. */
  readonly openSlices: number;
  /** Readings that came when their part of a window was closed, by rule; rules without any are left out. */
  readonly lateReadings: Readonly<Record<string, number>>;
  /** How often a group held too many readings, and its watermark was pushed on; by rule. */
  readonly pushedOn: Readonly<Record<string, number>>;
  readonly alerts: { readonly pending: number; readonly firing: number };
  readonly refusedRules: readonly RefusedRule[];
}

export interface Engine {
  /** Takes in the journal's next entry. @returns the transitions it brings about, to be appended with the cursor */
  feed(entry: JournalEntry): readonly EntryDraft[];
  /** All that the engine goes on from, as of the entry last fed. */
  save(): Uint8Array;
  /** The same in steps of a few milliseconds, between which others may work; the engine is fed nothing until it is done. */
  saving(): Generator<void, Uint8Array>;
  status(): EngineStatus;
}

/**
 * The engine: a pure function of the entries it is fed. The same entries give the same drafts, bit for bit, wherever it
 * was saved and restored in between.
 * Time zone, delay and idleness are those of the last `hub-start`, so they too come from the log.
 * @throws Error if the saved state is of another format
 */
export function createEngine(saved?: Uint8Array): Engine {
  return new AlertEngine(saved === undefined ? undefined : decodeState(saved));
}

class AlertEngine implements Engine {
  readonly #clock: JournalClock;
  readonly #directory: DeviceDirectory;
  readonly #rules = new Map<string, CompiledRule>();
  readonly #refused = new Map<string, RefusedRule>();
  readonly #router = new SeriesRouter();
  #timing: EngineTiming;
  #outputs: number;

  constructor(saved?: EngineState) {
    this.#timing = saved?.timing ?? FIRST_TIMING;
    this.#outputs = saved?.outputs ?? 0;
    this.#clock = new JournalClock(saved?.clock);
    this.#directory = new DeviceDirectory(saved?.directory);
    for (const state of saved?.rules ?? []) this.#rules.set(state.version.id, this.#compile(state.version, state));
    for (const refused of saved?.refused ?? []) this.#refused.set(refused.id, refused);
    this.#router.setRules(this.#rules.values());
  }

  feed(entry: JournalEntry): readonly EntryDraft[] {
    this.#clock.see(entry.kind, entry.stamp);
    const decisions = this.#act(entry);
    if (decisions.length > 1) decisions.sort(byRuleAndKey);
    return decisions.map(({ transition, mark }) => ({
      kind: 'transition',
      origin: ORIGINS[mark]!,
      producer: { id: ENGINE_PRODUCER, seq: ++this.#outputs },
      payload: transition,
    }));
  }

  save(): Uint8Array {
    return finish(this.saving());
  }

  *saving(): Generator<void, Uint8Array> {
    const rules: Uint8Array[] = [];
    for (const rule of this.#rules.values()) {
      const state = yield* rule.saving();
      yield;
      rules.push(encodeRule(state));
      yield;
    }
    const directory = encodeDirectory(this.#directory.save());
    yield;
    const [timing, outputs, clock] = [this.#timing, this.#outputs, this.#clock.save()];
    return encodeState({ timing, outputs, clock, refused: [...this.#refused.values()] }, directory, rules);
  }

  status(): EngineStatus {
    const rules = [...this.#rules.values()];
    const total = (count: (rule: CompiledRule) => number) => rules.reduce((sum, rule) => sum + count(rule), 0);
    return {
      rules: rules.length,
      scopes: total((rule) => rule.windows.scopes),
      openSlices: total((rule) => rule.windows.openSegments()),
      lateReadings: byRule(rules, (rule) => rule.windows.lateReadings),
      pushedOn: byRule(rules, (rule) => rule.windows.pushedOn),
      alerts: { pending: total((r) => r.alerts.count('pending')), firing: total((r) => r.alerts.count('firing')) },
      refusedRules: [...this.#refused.values()],
    };
  }

  #act(entry: JournalEntry): Decision[] {
    switch (entry.kind) {
      case 'readings':
        return this.#takeReadings(entry);
      case 'tick':
        return [...this.#rules.values()].flatMap((rule) => rule.tick(this.#clock.now, entry.stamp));
      case 'rule':
        return this.#takeRule(entry.payload, entry.stamp);
      case 'acknowledgement':
        return [...this.#rules.values()].flatMap((rule) => rule.alerts.acknowledge(entry.payload, entry.stamp) ?? []);
      case 'device':
        this.#directory.apply(entry.payload);
        return [];
      case 'hub-start':
        this.#keepTime(entry.payload);
        return [];
      case 'hub-stop':
      case 'rejections':
      case 'transition':
        return [];
    }
  }

  #takeReadings({ payload: batch, origin, stamp }: EntryOf<'readings'>): Decision[] {
    const runs = bySeries(batch);
    const touched: CompiledRule[] = [];
    for (let s = 0; s < batch.series.length; s++) {
      if (runs.offsets[s] === runs.offsets[s + 1]) continue;
      for (const { rule, member } of this.#router.targetsOf(batch.series[s]!, batch.labels[s]!)) {
        if (rule.pick(member, s) === 1) touched.push(rule);
      }
    }
    const input = { runs, mark: ORIGINS.indexOf(origin), clock: this.#clock.now, stamp };
    return touched.flatMap((rule) => rule.push(input));
  }

  /** A new version starts afresh; what the former had raised is over. */
  #takeRule(version: RuleVersion, stamp: number): Decision[] {
    const former = this.#rules.get(version.id);
    if (former !== undefined && version.version <= former.version.version) {
      this.#noteOtherContent(version, former.version);
      return [];
    }
    const because =
      version.rule === null ? 'the rule was deleted' : `the rule was replaced by version ${version.version}`;
    const over = former?.alerts.withdraw(because, stamp, (group) => former.windows.watermarkOf(group)) ?? [];
    this.#rules.delete(version.id);
    this.#refused.delete(version.id);
    this.#start(version);
    this.#router.setRules(this.#rules.values());
    return over;
  }

  /** A version is one rule for good: alerts are known by it. */
  #noteOtherContent({ id, version, rule }: RuleVersion, inForce: LiveRuleVersion): void {
    if (version !== inForce.version || isSameRule(rule, inForce.rule)) return;
    const message = `version ${version} came again with other content; what came first is in force. Give the change a version of its own.`;
    this.#refused.set(id, { id, version, message });
  }

  #start({ rule: document, ...version }: RuleVersion): void {
    if (document === null) return;
    try {
      const rule = parseRule(document);
      const unbuilt = isAbsenceRule(rule) ? 'absent' : rule.when.session === undefined ? undefined : 'session';
      if (unbuilt !== undefined || isAbsenceRule(rule)) {
        throw new RuleError([{ path: `when.${unbuilt}`, message: 'This is not built yet.' }]);
      }
      this.#rules.set(version.id, this.#compile({ ...version, rule }));
    } catch (error) {
      // The doors refuse such rules; one that is in the log all the same must not stop the others.
      if (!(error instanceof RuleError)) throw error;
      this.#refused.set(version.id, { id: version.id, version: version.version, message: error.message });
    }
  }

  /** Windows of one zone don't go on in another: the open ones are given up, the alerts stay. */
  #keepTime({ timeZone, delayMs, idleAfterMs }: EngineTiming): void {
    const before = this.#timing;
    if (timeZone === before.timeZone && delayMs === before.delayMs && idleAfterMs === before.idleAfterMs) return;
    this.#timing = { timeZone, delayMs, idleAfterMs };
    for (const [id, rule] of this.#rules) {
      const { version, alerts, windows } = finish(rule.saving());
      const saved = { alerts, windows: timeZone === before.timeZone ? windows : { ...windows, scopes: null } };
      this.#rules.set(id, this.#compile(version, saved));
    }
    this.#router.setRules(this.#rules.values());
  }

  #compile(version: LiveRuleVersion, saved?: SavedRule): CompiledRule {
    return compileRule(version, { ...this.#timing, directory: this.#directory }, saved);
  }
}

/** Takes all steps at once. */
function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function isSameRule(document: Rule | null, rule: Rule): boolean {
  if (document === null) return false;
  try {
    return isDeepStrictEqual(parseRule(document), rule);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return false;
  }
}

function byRule(rules: readonly CompiledRule[], count: (rule: CompiledRule) => number): Record<string, number> {
  const counted = rules.map((rule) => [rule.version.id, count(rule)] as const).filter(([, n]) => n > 0);
  return Object.fromEntries(counted);
}

/** Decisions of one alert stay in the order of time: the sort is stable. */
function byRuleAndKey({ transition: a }: Decision, { transition: b }: Decision): number {
  if (a.alert.rule !== b.alert.rule) return a.alert.rule < b.alert.rule ? -1 : 1;
  if (a.alert.key === b.alert.key) return 0;
  return a.alert.key < b.alert.key ? -1 : 1;
}
