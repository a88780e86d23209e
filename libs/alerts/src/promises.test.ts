import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isAbsenceRule,
  type AbsenceCondition,
  type AbsenceRule,
  type AlertTransition,
  type DeviceDescription,
  type Rule,
} from '@seawall/model';
import type { EntryDraft, JournalEntry, Origin } from '@seawall/ports';
import { createEngine } from './engine.ts';
import { smog, TestJournal, type TestReading } from './testing.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-01-10T00:00:00Z');
const TIMING = {
  timeZone: 'Europe/London',
  delayMs: 2 * MINUTE,
  idleAfterMs: 3 * MINUTE,
  allowedLatenessMs: 4 * MINUTE,
  tickMs: MINUTE,
};

/** One of each kind, and of each way to group. */
const RULES: readonly Rule[] = [
  smog({ window: '5m' }),
  smog({ window: '10m', every: '5m', clear: 120, for: '10m' }, { id: 'held', groupBy: ['district'] }),
  smog({ window: '3m', aggregate: 'max', keepFiringFor: '6m' }, { id: 'kept', groupBy: ['device', 'district'] }),
  smog({ window: '10m', every: '5m', aggregate: 'stddev', above: 60 }, { id: 'spread', groupBy: ['district'] }),
  smog({ window: '10m', every: '5m', aggregate: 'rate', above: 0.5 }, { id: 'rise', groupBy: ['district'] }),
  smog({ window: '10m', every: '5m', aggregate: 'p90', above: 180 }, { id: 'high', groupBy: ['district'] }),
  smog({ session: '3m', aggregate: 'sum', above: 200 }, { id: 'run' }),
  smog({ session: '4m', aggregate: 'mean', above: 100, keepFiringFor: '5m' }, { id: 'runs', groupBy: ['district'] }),
  smog({ window: '10m', aggregate: 'sum', above: 600, early: true }, { id: 'early', groupBy: [] }),
  smog({ window: '3m', every: '1m', aggregate: 'max', early: true }, { id: 'early-max' }),
  smog({ window: '10m', aggregate: 'rate', above: 0.3, early: true }, { id: 'early-rise', groupBy: [] }),
  smog({ session: '2m', aggregate: 'count', above: 2, early: true }, { id: 'early-run', groupBy: ['district'] }),
  silent({ absent: { missed: 2, after: '4m' } }),
  silent({ absent: { missed: 1 }, above: 1, for: '1m' }, { id: 'dark', groupBy: ['gateway'] }),
  silent({ metric: 'pm25', absent: { missed: 1, after: '2m' }, keepFiringFor: '1m' }, { id: 'mute', groupBy: [] }),
];

function silent(when: Partial<AbsenceCondition>, rest: Partial<AbsenceRule> = {}): AbsenceRule {
  return {
    id: 'silent',
    severity: 'minor',
    ...rest,
    when: { domain: 'environment', absent: { missed: 1 }, ...when },
  };
}

const device = fc.constantFrom('a', 'b', 'c', 'd');
const DISTRICTS: Readonly<Record<string, string>> = { a: 'north', b: 'north', c: 'south', d: 'south' };
const value = fc.oneof(
  fc.integer({ min: 800, max: 2200 }).map((n) => n / 10),
  fc.double({ min: -400, max: 400, noNaN: true }),
);

type Act =
  | {
      readonly kind: 'readings';
      readonly readings: readonly { device: string; lag: number; value: number; moved: boolean }[];
      readonly origin: Origin;
    }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'restart' | 'stall' | 'acknowledge' }
  | { readonly kind: 'describe'; readonly device: string; readonly description: DeviceDescription }
  | { readonly kind: 'rule'; readonly which: number; readonly deleted: boolean };

const kind = <K extends Act['kind']>(name: K) => fc.constant(name);
/** In minutes: in time, late and too late. */
const lag = fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, { weight: 2, arbitrary: fc.nat(5) }, fc.nat(20));
const reading = fc.record({
  device,
  lag,
  value,
  moved: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
});
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kind('readings'),
      readings: fc.array(reading, { minLength: 1, maxLength: 6 }),
      origin: fc.constantFrom('live', 'live', 'live', 'replay', 'import'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: kind('wait'), minutes: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'stall' as const, 'acknowledge' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('describe'),
      device,
      description: fc.record(
        {
          interval: fc.constantFrom('30s', '1m', '3m'),
          gateway: fc.constantFrom('gw-1', 'gw-2'),
          district: fc.constantFrom('north', 'south', 'west'),
          outOfService: fc.boolean(),
        },
        { requiredKeys: ['gateway'] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('rule'), which: fc.nat(RULES.length - 1), deleted: fc.boolean() }) },
);
const acts = fc.array(act, { minLength: 20, maxLength: 50 });

/** Writes the journal that such a day would leave, acknowledging what an engine raised on the way. */
function journalOf(day: readonly Act[], rules: readonly Rule[] = RULES): readonly JournalEntry[] {
  const journal = new TestJournal();
  const engine = createEngine();
  const raised: string[] = [];
  let [clock, read, version] = [START, 0, 1];
  journal.hubStart(clock, TIMING);
  rules.forEach((rule) => journal.rule(rule));
  for (const each of day) {
    clock = perform(each);
    for (; read < journal.entries.length; read++) {
      for (const draft of engine.feed(journal.entries[read]!)) raised.push((draft.payload as AlertTransition).alert.id);
    }
  }
  expect(engine.status().refusedRules).toEqual([]);
  return journal.entries;

  function perform(each: Act): number {
    switch (each.kind) {
      case 'readings':
        journal.readings(
          each.readings.map((r) => ({
            ...r,
            time: clock - r.lag * MINUTE,
            district: r.moved ? 'moved' : DISTRICTS[r.device]!,
          })),
          clock,
          each.origin,
        );
        return clock + 1000;
      case 'wait':
        for (let minute = 1; minute <= each.minutes; minute++) journal.tick(clock + minute * MINUTE);
        return clock + each.minutes * MINUTE;
      case 'restart':
        if (clock % 2000 === 0) journal.hubStop(clock);
        // Now and then somebody changes a setting.
        journal.hubStart(clock + 30 * MINUTE, {
          ...TIMING,
          ...(clock % 3000 === 0 ? { delayMs: MINUTE } : {}),
          ...(clock % 5000 === 0 ? { timeZone: 'Asia/Kathmandu' } : {}),
        });
        return clock + 30 * MINUTE;
      case 'stall':
        // What came before the next tick came after the hub stood still.
        return clock + 30 * MINUTE;
      case 'acknowledge':
        journal.append({
          kind: 'acknowledgement',
          origin: 'live',
          payload: { alertId: raised.at(-1) ?? 'none', by: 'ana', comment: '' },
        });
        return clock;
      case 'describe': {
        const { gateway = '', district = 'unknown' } = each.description;
        const labelSpans = [{ from: -Infinity, labels: { district, gateway } }];
        const { device: of, description } = each;
        const payload = { device: of, domain: 'environment', description, labelSpans, receivedAt: clock };
        journal.append({ kind: 'device', origin: 'live', payload });
        return clock;
      }
      case 'rule': {
        const rule = RULES[each.which]!;
        journal.rule(each.deleted ? null : rule, ++version, rule.id);
        return clock;
      }
    }
  }
}

describe('promise 2a: the engine is a pure function of the journal', () => {
  /** How a journal is read: so many entries at a time, after which the state is saved, and now and then the hub killed. */
  interface Pace {
    readonly entries: number;
    /** At once, or while the next entries are read. */
    readonly saves: 'no' | 'at once' | 'meanwhile';
    readonly crashes: boolean;
  }
  const pace: fc.Arbitrary<Pace> = fc.record({
    entries: fc.integer({ min: 1, max: 40 }),
    saves: fc.constantFrom('no', 'at once', 'meanwhile'),
    crashes: fc.boolean(),
  });

  /**
   * What is in the log after all, as the role that runs the engine brings it there: outputs of a chunk are appended, and
   * after a crash the stretch since the last save is read again.
   */
  function read(entries: readonly JournalEntry[], paces: readonly Pace[]): EntryDraft[] {
    const log: EntryDraft[] = [];
    let engine = createEngine();
    let saved = { state: engine.save(), at: 0 };
    let saving: { readonly steps: Generator<void, Uint8Array>; readonly at: number } | null = null;
    let at = 0;
    let crashes = 0;
    for (let turn = 0; at < entries.length; turn++) {
      const { entries: size, saves, crashes: isKilled } = paces[turn % paces.length]!;
      // Entries read back from a disk are other objects than those that were written.
      for (const entry of structuredClone(entries.slice(at, at + size))) append(log, engine.feed(entry));
      at += size;
      if (saving !== null) saved = { state: finish(saving.steps), at: saving.at };
      saving = saves === 'meanwhile' ? { steps: engine.saving(), at } : null;
      if (saves === 'at once') saved = { state: Uint8Array.from(engine.save()), at };
      // It must come to an end.
      if (!isKilled || crashes++ > 20) continue;
      engine = createEngine(saved.state);
      saving = null;
      at = saved.at;
    }
    return log;
  }

  /** As the journal does: what a producer has appended before is stored no second time; here it must be the same, too. */
  function append(log: EntryDraft[], drafts: readonly EntryDraft[]): void {
    for (const draft of drafts) {
      const { seq } = draft.producer!;
      if (seq > log.length) log.push(draft);
      const stored = log[seq - 1]!;
      // Each `expect` makes an error ahead; here there are a hundred thousand.
      if (!isDeepStrictEqual(draft, stored)) expect(draft).toEqual(stored);
      if (stored.producer!.seq !== seq) expect(stored.producer!.seq).toBe(seq);
    }
  }

  function finish(steps: Generator<void, Uint8Array>): Uint8Array {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  const STRAIGHT: Pace = { entries: Infinity, saves: 'no', crashes: false };

  it('gives the same transitions, bit for bit, in whatever chunks it is read and wherever it begins again', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(acts, fc.array(pace, { minLength: 1, maxLength: 8 }), (day, paces) => {
        const entries = journalOf(day);
        const straight = read(entries, [STRAIGHT]);
        expect(read(entries, paces)).toEqual(straight);
        expect(read(entries, [{ entries: 1, saves: 'at once', crashes: true }])).toEqual(straight);
        for (const { payload } of straight) count(seen, payload as AlertTransition);
        checkNews(straight);
      }),
      { numRuns: 20 },
    );
    // Of every kind something has come.
    for (const { id } of RULES) expect([id, seen.get(id)]).toEqual([id, expect.any(Number)]);
    expect(seen.get('corrected')).toBeGreaterThan(0);
  }, 120_000);

  it('decides by a rule what it would decide if there were no other', () => {
    let transitions = 0;
    fc.assert(
      fc.property(acts, fc.nat(RULES.length - 1), (day, which) => {
        const rule = RULES[which]!;
        const entries = journalOf(day);
        const alone = entries.filter(({ kind: of, payload }) => of !== 'rule' || payload.id === rule.id);
        const of = (drafts: readonly EntryDraft[]) =>
          drafts.map(({ payload }) => payload as AlertTransition).filter(({ alert }) => alert.rule === rule.id);
        const decided = of(read(alone, [STRAIGHT]));
        expect(of(read(entries, [STRAIGHT]))).toEqual(decided);
        transitions += decided.length;
      }),
      { numRuns: process.env.SEAWALL_LONG === '1' ? 60 : 25 },
    );
    expect(transitions).toBeGreaterThan(10);
  }, 60_000);

  /** Whoever was told of an alert is told all that becomes of it, and of what corrects it. */
  function checkNews(log: readonly EntryDraft[]): void {
    const told = new Set<string>();
    for (const { payload, origin } of log) {
      const { to, alert } = payload as AlertTransition;
      if (told.has(alert.id) || told.has(alert.corrects ?? '')) expect(origin).toBe('live');
      if (to === 'firing' && origin === 'live') told.add(alert.id);
    }
  }

  function count(seen: Map<string, number>, { alert, because }: AlertTransition): void {
    seen.set(alert.rule, (seen.get(alert.rule) ?? 0) + 1);
    if (because.startsWith('corrected')) seen.set('corrected', (seen.get('corrected') ?? 0) + 1);
  }
});

describe('promise 2b: the order and pace of arrival change no final transition', () => {
  const LAG = TIMING.delayMs / 1000 - 1;
  const reading = fc.record({
    device,
    second: fc.integer({ min: 0, max: 3600 }),
    value,
    lag: fc.nat(LAG),
    again: fc.option(fc.nat(LAG)),
  });
  const scenario = fc.record({
    readings: fc.uniqueArray(reading, { selector: (r) => `${r.device}@${r.second}`, maxLength: 80, minLength: 5 }),
    size: fc.integer({ min: 1, max: 12 }),
    // Rules marked early are outside the promise, and silence is by arrival.
    rule: fc.constantFrom(...RULES.filter((rule) => !isAbsenceRule(rule) && rule.when.early !== true)),
    allowedLatenessMs: fc.constantFrom(0, 10 * MINUTE),
  });

  type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;
  type Arriving = TestReading & { readonly arrives: number };

  /** Every life of every alert, without what is the journal's own: when it was decided. */
  function lives(
    { rule, allowedLatenessMs }: Scenario,
    arriving: readonly Arriving[],
    size: number,
  ): Record<string, unknown[]> {
    const journal = new TestJournal();
    journal.hubStart(START, { ...TIMING, timeZone: 'UTC', allowedLatenessMs });
    journal.rule(rule);
    const inOrder = [...arriving].sort((a, b) => a.arrives - b.arrives);
    // All within one stamp: however long it took, nobody was silent.
    for (let i = 0; i < inOrder.length; i += size) journal.readings(inOrder.slice(i, i + size), START);
    for (let minute = 0; minute <= 120; minute++) journal.tick(START + minute * MINUTE);
    const engine = createEngine();
    const found: Record<string, unknown[]> = {};
    for (const draft of journal.entries.flatMap((entry) => [...engine.feed(entry)])) {
      const { alert, ...rest } = draft.payload as AlertTransition;
      (found[alert.key] ??= []).push({ ...rest, alert: { ...alert, updatedAt: '' } });
    }
    expect(engine.status()).toMatchObject({ counts: {}, openSlices: 0 });
    return found;
  }

  it('gives each alert the same life, shuffled within the delay and delivered twice', () => {
    let transitions = 0;
    fc.assert(
      fc.property(scenario, (given) => {
        const { readings, size } = given;
        const of = (r: (typeof readings)[number], lag: number): Arriving => ({
          device: r.device,
          time: START + r.second * 1000,
          value: r.value,
          district: DISTRICTS[r.device]!,
          arrives: r.second + lag,
        });
        const expected = lives(
          given,
          readings.map((r) => of(r, 0)),
          1,
        );
        const twice = readings.filter((r) => r.again !== null).map((r) => of(r, r.again!));
        expect(lives(given, [...readings.map((r) => of(r, r.lag)), ...twice], size)).toEqual(expected);
        transitions += Object.values(expected).flat().length;
      }),
      { numRuns: 60 },
    );
    expect(transitions).toBeGreaterThan(20);
  });
});

describe('early rules', () => {
  const DELAY_SECONDS = 90;
  const reading = fc.record({
    second: fc.integer({ min: 0, max: 900 }),
    value: fc.constantFrom(100, 100, 100, 200),
    lag: fc.nat(DELAY_SECONDS - 1),
  });
  const scenario = fc.record({
    readings: fc.uniqueArray(reading, { selector: (r) => r.second, minLength: 2, maxLength: 40 }),
    every: fc.constantFrom('1m', '2m'),
    aggregate: fc.constantFrom('max' as const, 'mean' as const),
    keepFiringFor: fc.constantFrom('0s', '1m'),
  });
  type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

  function transitions({ readings, every, aggregate, keepFiringFor }: Scenario, early: boolean): AlertTransition[] {
    const journal = new TestJournal();
    journal.hubStart(START, { ...TIMING, timeZone: 'UTC', delayMs: DELAY_SECONDS * 1000 });
    journal.rule(smog({ window: '2m', every, aggregate, keepFiringFor, above: 120, early }));
    for (const { second, value } of [...readings].sort((a, b) => a.second + a.lag - b.second - b.lag))
      journal.readings([{ device: 'a', time: START + second * 1000, value }], START);
    for (let minute = 0; minute <= 30; minute++) journal.tick(START + minute * MINUTE);
    const engine = createEngine();
    return journal.entries.flatMap((entry) => engine.feed(entry).map((draft) => draft.payload as AlertTransition));
  }

  const ms = (time: string | null) => (time === null ? Infinity : Date.parse(time));

  it('tell of every breach that comes in time, in lives that follow each other', () => {
    let fired = 0;
    fc.assert(
      fc.property(scenario, (of) => {
        const early = transitions(of, true);
        const lives = [...new Map(early.map(({ alert }) => [alert.id, alert])).values()];
        lives.forEach(({ startsAt, endsAt }, i) => {
          expect(ms(endsAt)).toBeGreaterThanOrEqual(ms(startsAt));
          if (i > 0) expect(ms(startsAt)).toBeGreaterThanOrEqual(ms(lives[i - 1]!.endsAt));
        });
        for (const { to, alert } of transitions(of, false)) {
          if (to !== 'firing') continue;
          fired++;
          // What lay before the end of a life already told is part of what that told.
          const { windowStart, windowEnd } = alert.evidence;
          const seen = ms(windowEnd) + DELAY_SECONDS * 1000;
          const told = lives.some(({ startsAt, endsAt }) => ms(endsAt) >= ms(windowStart) && ms(startsAt) <= seen);
          expect(told).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(fired).toBeGreaterThan(10);
  });
});
