import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AlertTransition, Rule, ThresholdRule } from '@seawall/model';
import type { EntryDraft, JournalEntry } from '@seawall/ports';
import { createEngine } from './engine.ts';
import { smog, TestJournal, type TestReading } from './testing.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-01-10T00:00:00Z');
const TIMING = { timeZone: 'Europe/London', delayMs: 2 * MINUTE, idleAfterMs: 3 * MINUTE };

const RULES: readonly ThresholdRule[] = [
  smog({ window: '5m' }),
  smog({ window: '10m', every: '5m', clear: 120, for: '10m' }, { id: 'held', groupBy: ['district'] }),
  smog({ window: '3m', aggregate: 'max', keepFiringFor: '6m' }, { id: 'kept', groupBy: ['device', 'district'] }),
  smog({ window: '10m', every: '5m', aggregate: 'stddev', above: 60 }, { id: 'spread', groupBy: ['district'] }),
  smog({ window: '10m', every: '5m', aggregate: 'rate', above: 0.5 }, { id: 'rise', groupBy: ['district'] }),
  smog({ window: '10m', every: '5m', aggregate: 'p90', above: 180 }, { id: 'high', groupBy: ['district'] }),
  smog({ window: '10m', aggregate: 'sum', above: 600, early: true }, { id: 'early', groupBy: [] }),
  smog({ window: '3m', every: '1m', aggregate: 'max', early: true }, { id: 'early-max' }),
  smog({ window: '10m', aggregate: 'rate', above: 0.3, early: true }, { id: 'early-rise', groupBy: [] }),
];

const device = fc.constantFrom('a', 'b', 'c', 'd');
const DISTRICTS: Readonly<Record<string, string>> = { a: 'north', b: 'north', c: 'south', d: 'south' };
const value = fc.oneof(
  fc.integer({ min: 800, max: 2200 }).map((n) => n / 10),
  fc.double({ min: -400, max: 400, noNaN: true }),
);

describe('promise 2a: the engine is a pure function of the journal', () => {
  type Act =
    | {
        readonly kind: 'readings';
        readonly readings: readonly { device: string; lag: number; value: number; moved: boolean }[];
      }
    | { readonly kind: 'wait'; readonly minutes: number }
    | { readonly kind: 'restart' | 'acknowledge' | 'describe' }
    | { readonly kind: 'rule'; readonly which: number; readonly deleted: boolean };

  const reading = fc.record({ device, lag: fc.integer({ min: 0, max: 4 }), value, moved: fc.boolean() });
  const act: fc.Arbitrary<Act> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('readings' as const),
        readings: fc.array(reading, { minLength: 1, maxLength: 6 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 6 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'acknowledge' as const, 'describe' as const) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('rule' as const),
        which: fc.nat(RULES.length - 1),
        deleted: fc.boolean(),
      }),
    },
  );

  /** Writes the journal that such a day would leave, acknowledging what an engine raised on the way. */
  function journalOf(acts: readonly Act[]): readonly JournalEntry[] {
    const journal = new TestJournal();
    const engine = createEngine();
    const raised: string[] = [];
    let [clock, read, version] = [START, 0, 1];
    journal.hubStart(clock, TIMING);
    RULES.forEach((rule) => journal.rule(rule));
    for (const act of acts) {
      clock = perform(act);
      for (; read < journal.entries.length; read++) {
        for (const draft of engine.feed(journal.entries[read]!))
          raised.push((draft.payload as AlertTransition).alert.id);
      }
    }
    return journal.entries;

    function perform(act: Act): number {
      switch (act.kind) {
        case 'readings':
          journal.readings(
            act.readings.map((r) => ({
              ...r,
              time: clock - r.lag * MINUTE,
              district: r.moved ? 'moved' : DISTRICTS[r.device]!,
            })),
            clock,
          );
          return clock + 1000;
        case 'wait':
          for (let minute = 1; minute <= act.minutes; minute++) journal.tick(clock + minute * MINUTE);
          return clock + act.minutes * MINUTE;
        case 'restart':
          if (clock % 2000 === 0) journal.hubStop(clock);
          journal.hubStart(clock + 30 * MINUTE, { ...TIMING, delayMs: MINUTE });
          return clock + 30 * MINUTE;
        case 'acknowledge':
          journal.append({
            kind: 'acknowledgement',
            origin: 'live',
            payload: { alertId: raised.at(-1) ?? 'none', by: 'ana', comment: '' },
          });
          return clock;
        case 'describe':
          journal.append({
            kind: 'device',
            origin: 'live',
            payload: {
              device: 'a',
              labelSpans: [{ from: -Infinity, labels: { district: `d${clock}` } }],
              receivedAt: clock,
            },
          });
          return clock;
        case 'rule': {
          const rule = RULES[act.which]!;
          journal.rule(act.deleted ? null : rule, ++version, rule.id);
          return clock;
        }
      }
    }
  }

  /** Entries read back from a disk are other objects than those that were written. */
  function run(entries: readonly JournalEntry[], restarts: ReadonlySet<number>): EntryDraft[] {
    let engine = createEngine();
    return entries.flatMap((entry, i) => {
      if (restarts.has(i)) engine = createEngine(Uint8Array.from(engine.save()));
      return [...engine.feed(restarts.size === 0 ? entry : structuredClone(entry))];
    });
  }

  it('gives the same transitions, bit for bit, wherever it is restarted', () => {
    let transitions = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 20, maxLength: 50 }), fc.array(fc.nat(100)), (acts, restarts) => {
        const entries = journalOf(acts);
        const straight = run(entries, new Set());
        expect(run(entries, new Set(restarts.map((place) => place % entries.length)))).toEqual(straight);
        expect(run(entries, new Set(entries.keys()))).toEqual(straight);
        expect(straight.map((draft) => draft.producer?.seq)).toEqual(straight.map((_, i) => i + 1));
        transitions += straight.length;
      }),
      { numRuns: 20 },
    );
    expect(transitions).toBeGreaterThan(20);
  }, 60_000);
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
    // Rules marked early are outside the promise.
    rule: fc.constantFrom(...RULES.filter((rule) => rule.when.early !== true)),
  });

  type Arriving = TestReading & { readonly arrives: number };

  /** Every life of every alert, without what is the journal's own: when it was decided. */
  function lives(rule: Rule, arriving: readonly Arriving[], size: number): Record<string, unknown[]> {
    const journal = new TestJournal();
    journal.hubStart(START, { ...TIMING, timeZone: 'UTC' });
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
    expect(engine.status()).toMatchObject({ lateReadings: {}, openSlices: 0 });
    return found;
  }

  it('gives each alert the same life, shuffled within the delay and delivered twice', () => {
    let transitions = 0;
    fc.assert(
      fc.property(scenario, ({ readings, size, rule }) => {
        const of = (r: (typeof readings)[number], lag: number): Arriving => ({
          device: r.device,
          time: START + r.second * 1000,
          value: r.value,
          district: DISTRICTS[r.device]!,
          arrives: r.second + lag,
        });
        const expected = lives(
          rule,
          readings.map((r) => of(r, 0)),
          1,
        );
        const twice = readings.filter((r) => r.again !== null).map((r) => of(r, r.again!));
        expect(lives(rule, [...readings.map((r) => of(r, r.lag)), ...twice], size)).toEqual(expected);
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
    expect(fired).toBeGreaterThan(50);
  });
});
