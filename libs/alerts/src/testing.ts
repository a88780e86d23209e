import {
  ReadingBatchBuilder,
  UNKNOWN,
  type Labels,
  type Rule,
  type Series,
  type ThresholdCondition,
  type ThresholdRule,
} from '@seawall/model';
import {
  ENTRY_VERSION,
  type EntryDraft,
  type EntryOf,
  type HubStart,
  type JournalEntry,
  type Origin,
} from '@seawall/ports';
import { bySeries, type WindowResult } from '@seawall/windows';
import { DEFAULT_DELAY_MS, DEFAULT_IDLE_AFTER_MS } from './engine.ts';
import { JournalClock } from './journal-clock.ts';
import { SeriesRouter } from './series-router.ts';
import { WindowIntakes } from './window-intakes.ts';
import { viewOf } from './window-rule.ts';

/** One reading, for tests. */
export interface TestReading {
  readonly device: string;
  /** Event time, epoch ms. */
  readonly time: number;
  readonly value: number;
  readonly district?: string;
  /** All labels, in place of the district alone. */
  readonly labels?: Labels;
}

/** Writes a journal entry by entry; stamps are given, and never decrease. */
export class TestJournal {
  readonly entries: JournalEntry[] = [];
  readonly #series = new Map<string, Series>();
  readonly #labels = new Map<string, Labels>();
  #stamp = 0;

  append(draft: EntryDraft, stamp = this.#stamp): JournalEntry {
    this.#stamp = Math.max(stamp, this.#stamp);
    const place = { version: ENTRY_VERSION, partition: 0, seq: this.entries.length + 1, stamp: this.#stamp };
    const entry = { ...draft, ...place } as JournalEntry;
    this.entries.push(entry);
    return entry;
  }

  readings(readings: readonly TestReading[], stamp?: number, origin: Origin = 'live', metric = 'pm25'): JournalEntry {
    const builder = new ReadingBatchBuilder();
    for (const { device, time, value, district = UNKNOWN, labels: given } of readings) {
      const all = given ?? { district, type: UNKNOWN };
      const labels = this.#intern(this.#labels, JSON.stringify(all), () => all);
      const series = this.#intern(this.#series, `${device} ${metric}`, () => ({
        domain: 'environment',
        device,
        metric,
      }));
      builder.add(series, labels, time, value, 0);
    }
    return this.append({ kind: 'readings', origin, payload: builder.take() }, stamp);
  }

  tick(stamp: number): JournalEntry {
    return this.append({ kind: 'tick', origin: 'live', payload: null }, stamp);
  }

  rule(rule: Rule | null, version = 1, id = rule?.id ?? 'rule', stamp?: number): JournalEntry {
    return this.append({ kind: 'rule', origin: 'live', payload: { id, version, rule, source: 'api' } }, stamp);
  }

  /** The hub's start, in UTC and with the engine's defaults unless told otherwise. */
  hubStart(stamp: number, timing: Partial<Omit<HubStart, 'version'>> = {}): JournalEntry {
    const payload = {
      version: '0.1.0',
      timeZone: 'UTC',
      delayMs: DEFAULT_DELAY_MS,
      idleAfterMs: DEFAULT_IDLE_AFTER_MS,
      ...timing,
    };
    return this.append({ kind: 'hub-start', origin: 'live', payload }, stamp);
  }

  hubStop(stamp: number): JournalEntry {
    return this.append({ kind: 'hub-stop', origin: 'live', payload: null }, stamp);
  }

  #intern<T>(known: Map<string, T>, key: string, make: () => T): T {
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value;
  }
}

export const SMOG: ThresholdRule = {
  id: 'smog',
  severity: 'major',
  when: { domain: 'environment', metric: 'pm25', aggregate: 'mean', window: '10m', above: 150 },
};

/** The rule with other conditions; a session takes the place of the window. */
export function smog(when: Partial<ThresholdCondition> = {}, rest: Partial<ThresholdRule> = {}): ThresholdRule {
  const { window, ...of } = SMOG.when;
  const windowed = when.session === undefined ? { ...of, window: window! } : of;
  return { ...SMOG, ...rest, when: { ...windowed, ...when } };
}

/** A window that a rule decides by, and the stamp of the entry that gave it. */
export interface DecidedBy {
  readonly stamp: number;
  readonly result: WindowResult;
}

/** The windows that a rule is decided by, as the engine has them. The journal begins with the hub's start. */
export function windowsOf(rule: ThresholdRule, entries: readonly JournalEntry[]): DecidedBy[] {
  const { allowedLatenessMs = 0, ...timing } = (entries[0] as EntryOf<'hub-start'>).payload;
  const router = new SeriesRouter();
  const intakes = new WindowIntakes({ ...timing, allowedLatenessMs }, router);
  const intake = intakes.begin(rule);
  const clock = new JournalClock();
  const given: DecidedBy[] = [];
  intake.join(viewOf(rule), {
    decide(result, stamp) {
      given.push({ stamp, result });
      return [];
    },
  });
  for (const { kind, stamp, payload } of entries) {
    clock.see(kind, stamp);
    if (kind === 'tick') intake.tick(clock.now, stamp);
    if (kind !== 'readings') continue;
    const runs = bySeries(payload);
    for (const each of router.route(runs).intakes) each.push({ runs, mark: 0, clock: clock.now, stamp });
  }
  return given;
}
