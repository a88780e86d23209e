import { isDeepStrictEqual } from 'node:util';
import type { Rule, RuleVersion } from '@seawall/model';
import type { EntryDraft, EntryOf, HubStart, JournalEntry } from '@seawall/ports';
import { bySeries } from '@seawall/windows';
import type { Moment } from './absence-watch.ts';
import type { Decision } from './alert-writer.ts';
import type { CompiledRule, Intake, RuleCounts } from './compiled-rule.ts';
import { DeviceDirectory } from './device-directory.ts';
import { decodeState, encodeInSteps, type EngineState, type EngineTiming, type RefusedRule } from './engine-state.ts';
import { JournalClock } from './journal-clock.ts';
import { ORIGINS } from './origin-mark.ts';
import { RuleError } from './rule-error.ts';
import { parseRule } from './rule-schema.ts';
import { RulesAtWork } from './rules-at-work.ts';

/** A minute's readings may overtake each other a little on their way; ten seconds cost an alert ten seconds. */
export const DEFAULT_DELAY_MS = 10_000;
/** Most devices publish once a minute or oftener; one that is silent for longer no longer holds its group back. */
export const DEFAULT_IDLE_AFTER_MS = 60_000;

export const ENGINE_PRODUCER = 'engine';

/** What windows go by before the log's first `hub-start`, which says it itself. */
const FIRST_TIMING: EngineTiming = {
  timeZone: 'UTC',
  delayMs: DEFAULT_DELAY_MS,
  idleAfterMs: DEFAULT_IDLE_AFTER_MS,
  allowedLatenessMs: 0,
};

export interface EngineStatus {
  readonly rules: number;
  /** Groups whose readings are windowed, once for all rules that share the windows. */
  readonly scopes: number;
  /** Stretches of windows whose readings are still kept. */
  readonly openSlices: number;
  /** By rule; rules that have nothing to count are left out. */
  readonly counts: Readonly<Record<string, RuleCounts>>;
  readonly alerts: { readonly pending: number; readonly firing: number };
  readonly refusedRules: readonly RefusedRule[];
}

export interface Engine {
  /** Takes in the journal's next entry. @returns the transitions it brings about, to be appended with the cursor */
  feed(entry: JournalEntry): readonly EntryDraft[];
  /** All that the engine goes on from, as of the entry last fed. */
  save(): Uint8Array;
  /** The same in steps of a few milliseconds, between which others may work and the engine may be fed on. */
  saving(): Generator<void, Uint8Array>;
  status(): EngineStatus;
}

/**
 * The engine: a pure function of the entries it is fed. The same entries give the same drafts, bit for bit, wherever it
 * was saved and restored in between.
 * Time zone, delay, idleness and allowed lateness are those of the last `hub-start`, so they too come from the log.
 * @throws Error if the saved state is of another format
 */
export function createEngine(saved?: Uint8Array): Engine {
  return new AlertEngine(saved === undefined ? undefined : decodeState(saved));
}

class AlertEngine implements Engine {
  readonly #clock: JournalClock;
  readonly #directory: DeviceDirectory;
  readonly #rules: RulesAtWork;
  readonly #refused = new Map<string, RefusedRule>();
  #outputs: number;

  constructor(saved?: EngineState) {
    this.#outputs = saved?.outputs ?? 0;
    this.#clock = new JournalClock(saved?.clock);
    this.#directory = new DeviceDirectory(saved?.directory);
    this.#rules = new RulesAtWork(this.#directory, saved?.timing ?? FIRST_TIMING);
    if (saved === undefined) return;
    this.#rules.restore(saved, { clock: this.#clock.now, stamp: saved.clock.lastStamp ?? 0 });
    for (const refused of saved.refused) this.#refused.set(refused.id, refused);
  }

  feed(entry: JournalEntry): readonly EntryDraft[] {
    const stoodStill = this.#clock.see(entry.kind, entry.stamp);
    if (stoodStill) this.#rules.hubGoesOn(this.#clock.now);
    const decisions = this.#act(entry, { clock: this.#clock.now, stamp: entry.stamp });
    return [...decisions].sort(byRuleAndKey).map(({ transition, mark }) => ({
      kind: 'transition',
      origin: ORIGINS[mark]!,
      producer: { id: ENGINE_PRODUCER, seq: ++this.#outputs },
      payload: transition,
    }));
  }

  save(): Uint8Array {
    const steps = this.saving();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  saving(): Generator<void, Uint8Array> {
    const intakes = [...this.#rules.intakes];
    const places = new Map<Intake, number>(intakes.map((intake, place) => [intake, place]));
    return encodeInSteps({
      head: {
        timing: this.#rules.timing,
        outputs: this.#outputs,
        clock: this.#clock.save(),
        refused: [...this.#refused.values()],
      },
      directory: this.#directory.save(),
      windows: intakes.map(({ windows }) => windows.saving()),
      rules: Array.from(this.#rules, (rule) => {
        return { version: rule.version, windows: places.get(rule.intake) ?? null, kept: rule.save() };
      }),
    });
  }

  status(): EngineStatus {
    const rules = [...this.#rules];
    const sets = Array.from(this.#rules.intakes, ({ windows }) => windows);
    return {
      rules: rules.length,
      scopes: sum(sets, (windows) => windows.scopes),
      openSlices: sum(sets, (windows) => windows.openSegments()),
      counts: Object.fromEntries(rules.map((rule) => [rule.version.id, rule.counts()] as const).filter(hasCounted)),
      alerts: {
        pending: sum(rules, ({ alerts }) => alerts.count('pending')),
        firing: sum(rules, ({ alerts }) => alerts.count('firing')),
      },
      refusedRules: [...this.#refused.values()],
    };
  }

  #act(entry: JournalEntry, now: Moment): readonly Decision[] {
    switch (entry.kind) {
      case 'readings':
        return this.#takeReadings(entry, now);
      case 'tick':
        return this.#rules.tick(now);
      case 'rule':
        return this.#takeRule(entry.payload, now);
      case 'acknowledgement':
        return [...this.#rules].flatMap(({ alerts }) => alerts.acknowledge(entry.payload, entry.stamp) ?? []);
      case 'device':
        this.#directory.apply(entry.payload);
        return this.#rules.deviceChanged(entry.payload, now);
      case 'hub-start':
        this.#keepTime(entry.payload);
        this.#rules.hubStarted(now.clock);
        return [];
      case 'hub-stop':
      case 'rejections':
      case 'transition':
        return [];
    }
  }

  #takeReadings({ payload: batch, origin }: EntryOf<'readings'>, now: Moment): Decision[] {
    const runs = bySeries(batch);
    const { intakes, once } = this.#rules.route(runs);
    const readings = { runs, once, mark: ORIGINS.indexOf(origin), ...now };
    return intakes.flatMap((intake) => intake.push(readings));
  }

  /** A new version starts afresh; what the former had raised is over. */
  #takeRule(version: RuleVersion, now: Moment): readonly Decision[] {
    const former = this.#rules.get(version.id);
    if (former !== undefined && version.version <= former.version.version) {
      this.#noteOtherContent(version, former.version);
      return [];
    }
    const because =
      version.rule === null ? 'the rule was deleted' : `the rule was replaced by version ${version.version}`;
    const over = former === undefined ? [] : this.#rules.end(former, because, now.stamp);
    this.#refused.delete(version.id);
    this.#begin(version, now);
    return over;
  }

  /** A version is one rule for good: alerts are known by it. */
  #noteOtherContent({ id, version, rule }: RuleVersion, inForce: CompiledRule['version']): void {
    if (version !== inForce.version || isSameRule(rule, inForce.rule)) return;
    const message = `version ${version} came again with other content; what came first is in force. Give the change a version of its own.`;
    this.#refused.set(id, { id, version, message });
  }

  #begin({ rule: document, ...version }: RuleVersion, now: Moment): void {
    if (document === null) return;
    try {
      this.#rules.begin({ ...version, rule: parseRule(document) }, now);
    } catch (error) {
      // The doors refuse such rules; one that is in the log all the same must not stop the others.
      if (!(error instanceof RuleError)) throw error;
      this.#refused.set(version.id, { id: version.id, version: version.version, message: error.message });
    }
  }

  #keepTime({ timeZone, delayMs, idleAfterMs, allowedLatenessMs = 0, tickMs }: HubStart): void {
    this.#clock.tickEvery(tickMs);
    this.#rules.keepTime({ timeZone, delayMs, idleAfterMs, allowedLatenessMs });
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

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

function hasCounted([, counts]: readonly [id: string, counts: RuleCounts]): boolean {
  return Object.values(counts).some((count) => count > 0);
}

/** Decisions of one alert stay in the order of time: the sort is stable. */
function byRuleAndKey({ transition: a }: Decision, { transition: b }: Decision): number {
  if (a.alert.rule !== b.alert.rule) return a.alert.rule < b.alert.rule ? -1 : 1;
  if (a.alert.key === b.alert.key) return 0;
  return a.alert.key < b.alert.key ? -1 : 1;
}
