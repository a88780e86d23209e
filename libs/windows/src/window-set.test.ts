import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WINDOW_AGGREGATES } from '@seawall/model';
import { HOUR, MINUTE, readings, shown, tick, TIMING, windowsOf, type Row, type Windows } from './testing.ts';
import { WindowSet } from './window-set.ts';
import type { GridWindows, WindowResult, WindowSetState, WindowTiming, WindowView } from './window-types.ts';

type Options = Partial<GridWindows & WindowTiming>;
const setOf = (options: Options, saved?: WindowSetState) =>
  windowsOf({ aggregate: 'sum', window: '10m', ...options }, saved);
const at = (minute: number, value: number, device = 'd', scope = 's'): Row => [scope, device, minute * MINUTE, value];
const numbersIn = (set: WindowSet) => set.save().scopes.reduce((total, { numbers }) => total + numbers.length, 0);

describe('WindowSet', () => {
  it('keeps the last accepted of readings with one series and event time', () => {
    const windows = setOf({});
    windows.push(readings(windows, [at(1, 5), at(2, 1), at(1, 7)]));
    windows.push(readings(windows, [at(2, 3)]));
    const [result] = windows.push(readings(windows, [at(10, 0)]));
    expect(shown(result!)).toBe('s 0-10: 10 (2)');
  });

  it('does not grow with repeated deliveries', () => {
    const windows = setOf({ maxHeldReadings: 50, delayMs: 5 * MINUTE });
    for (let i = 0; i < 100; i++) windows.push(readings(windows, [at(1, i), at(2, i), at(1.5, i)]));
    expect(windows.pushedOn).toBe(0);
    const restored = setOf({}, structuredClone(windows.save()));
    expect(restored.heldReadings()).toBe(3);
    expect(windows.push(readings(windows, [at(15, 0)])).map(shown)).toEqual(['s 0-10: 297 (3)']);
  });

  it('counts a reading that is later than allowed, and changes nothing', () => {
    const windows = setOf({});
    windows.push(readings(windows, [at(1, 5)]));
    windows.push(readings(windows, [at(7, 1)]));
    windows.push(readings(windows, [at(2, 100), at(6.9, 200), at(7, 2)]));
    expect(windows.lateReadings).toBe(2);
    expect(windows.push(readings(windows, [at(10, 0)])).map(shown)).toEqual(['s 0-10: 7 (2)']);
  });

  it('is not made active by late readings', () => {
    const windows = setOf({ idleAfterMs: MINUTE });
    windows.push(readings(windows, [at(0, 1, 'a'), at(0, 1, 'b')], 0));
    windows.push(readings(windows, [at(30, 1, 'a')], MINUTE));
    windows.push(tick(MINUTE));
    expect(windows.watermarkOf('s')).toBe(30 * MINUTE);
    windows.push(readings(windows, [at(3, 1, 'b')], MINUTE));
    windows.push(readings(windows, [at(40, 1, 'a')], MINUTE));
    expect(windows.lateReadings).toBe(1);
    expect(windows.watermarkOf('s')).toBe(40 * MINUTE);
  });

  it.each<Windows>([
    { aggregate: 'sum', window: '10m' },
    { aggregate: 'rate', session: '3m' },
  ])('remembers who was in the scopes of another, and takes nobody for heard: %j', (options) => {
    const former = windowsOf(options);
    former.push(readings(former, [at(1, 5, 'b'), at(1, 5, 'a'), at(1, 1, 'z', 'gone')]));
    const plain = windowsOf({ ...options, idleAfterMs: MINUTE });
    let windows = windowsOf({ ...options, idleAfterMs: MINUTE });
    windows.rememberMembersOf(former);
    const inputs = [
      () => tick(MINUTE),
      (set: WindowSet) => readings(set, [at(31, 2, 'a')], 2 * MINUTE),
      (set: WindowSet) => readings(set, [at(32, 4, 'a'), at(31, 8, 'c')], 2 * MINUTE),
      (set: WindowSet) => readings(set, [at(45, 1, 'c'), at(45, 1, 'a')], 2 * MINUTE),
      () => tick(60 * MINUTE),
      () => tick(80 * MINUTE),
    ];
    let given = 0;
    for (const input of inputs) {
      expect(windows.membersOf('gone')).toEqual(['z']);
      expect(windows.membersOf('s').slice(0, 2)).toEqual(['b', 'a']);
      expect([windows.isDrained('gone', 0), windows.watermarkOf('gone')]).toEqual([true, -Infinity]);
      const results = windows.push(input(windows));
      expect(results).toEqual(plain.push(input(plain)));
      given += results.length;
      windows = windowsOf({ ...options, idleAfterMs: MINUTE }, structuredClone(windows.save()));
    }
    expect(given).toBeGreaterThan(1);
    expect(windows.isDrained('s', 0)).toBe(true);
  });

  it('orders readings of one event time by series, whoever sent first', () => {
    // What rounding takes from the sum adds up to 1 in one order and to a little more in the other.
    const values: Readonly<Record<string, number>> = { a: 1, b: 1e-16, c: 1e-16 };
    const results = [
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
    ].map((order) => {
      const windows = setOf({});
      const same = order.map((device) => at(2, values[device]!, device));
      windows.push(readings(windows, [at(1, 1e30, 'a'), ...same, at(3, -1e30, 'a')]));
      const [result] = windows.push(
        readings(
          windows,
          order.map((device) => at(10, 0, device)),
        ),
      );
      return result!.value;
    });
    expect(results[0]).toBe(1);
    expect(results[1]).toBe(1);
  });

  it('keeps no reading of a day window longer than the lateness asks for', () => {
    const windows = setOf({ window: '1d' });
    for (let minute = 0; minute < 600; minute++) windows.push(readings(windows, [at(minute, 1)]));
    expect(windows.openSegments()).toBe(1);
    expect(windows.heldReadings()).toBe(1);
    expect(windows.push(readings(windows, [at(24 * 60, 1)])).map(shown)).toEqual(['s 0-1440: 600 (600)']);
  });

  it('pushes the watermark on rather than hold without bound for a member that stands still', () => {
    const windows = setOf({ maxHeldReadings: 20 });
    windows.push(readings(windows, [at(0, 1, 'stuck')]));
    const results = Array.from({ length: 100 }, (_, i) =>
      windows.push(readings(windows, [at(i, 1, 'running')])),
    ).flat();
    expect(windows.pushedOn).toBeGreaterThan(0);
    expect(results.length).toBeGreaterThan(5);
    expect(results[0]).toMatchObject({ start: 0, count: 11 });
  });

  it('gives the greatest mark of a window with its result', () => {
    const windows = setOf({});
    windows.push(readings(windows, [at(1, 5)], 0, 2));
    windows.push(readings(windows, [at(2, 5)], 0, 0));
    expect(windows.push(readings(windows, [at(10, 5)], 0, 0))[0]).toMatchObject({ mark: 2 });
  });

  it('does not take the mark of readings of the same minute that are in another window', () => {
    const windows = setOf({ window: '10s' });
    const marks = [0, 2, 0].map((mark, i) => windows.push(readings(windows, [at(1 + i / 2, 5)], 0, mark)));
    expect(marks.flat().map(({ start, mark }) => [start / MINUTE, mark])).toEqual([
      [1, 0],
      [1.5, 2],
    ]);
  });

  it('keeps no more of a sliding day than its slices, however much lateness is allowed', () => {
    const windows = setOf({ window: '1d', every: '10m', allowedLatenessMs: 5 * MINUTE });
    for (let minute = 0; minute < 2000; minute++) windows.push(readings(windows, [at(minute, 1)]));
    expect(windows.heldReadings()).toBe(6);
    // 144 slices, each of four numbers and a partial of two, and a few for the rest.
    expect(numbersIn(windows)).toBeLessThan(144 * 6 + 100);
  });

  it('lets everything of a quiet scope go by ticks', () => {
    const windows = setOf({ window: '1h', every: '10m', allowedLatenessMs: 30 * MINUTE });
    const empty = windows.push(readings(windows, [at(0, 1)], 0));
    expect(empty).toEqual([]);
    for (let minute = 0; minute < 400; minute++) windows.push(tick(minute * MINUTE));
    expect(windows.openSegments()).toBe(0);
    // Number, name, watermark and horizon; its member; and of the view where it is, and two empty columns.
    expect(numbersIn(windows)).toBe(5 + 4 + 3 + 1);
  });

  describe('of several views', () => {
    const VIEWS: readonly WindowView[] = [
      { aggregate: 'sum', window: '10m' },
      { aggregate: 'max', window: '10m', every: '5m' },
      { aggregate: 'count', session: '5m' },
    ];
    const several = () => {
      const windows = new WindowSet(TIMING);
      for (const view of VIEWS) windows.view(view);
      return windows;
    };
    const byView = (results: readonly WindowResult[]) => results.map((result) => `${result.view}: ${shown(result)}`);

    it('holds each reading once, and gives by the ends of windows, then by view', () => {
      const windows = several();
      windows.push(readings(windows, [at(1, 5), at(1.5, 7)]));
      expect(windows.heldReadings()).toBe(2);
      expect(byView(windows.push(readings(windows, [at(10, 1)])))).toEqual([
        '1: s -5-5: 7 (2)',
        '2: s 1-6.5: 2 (2)',
        '0: s 0-10: 12 (2)',
        '1: s 0-10: 7 (2)',
      ]);
    });

    it('knows a view again by its shape, also in a saved state', () => {
      const windows = several();
      expect(windows.view({ aggregate: 'sum', window: '10m', every: '10m', early: false })).toBe(0);
      windows.push(readings(windows, [at(1, 5)]));
      const restored = new WindowSet(TIMING, structuredClone(windows.save()));
      expect(restored.view({ aggregate: 'count', session: '5m' })).toBe(2);
      expect(() => restored.view({ aggregate: 'min', window: '10m' })).toThrow('needs a set of its own');
    });

    it('goes on without a view that was dropped, also from a saved state', () => {
      const windows = several();
      windows.push(readings(windows, [at(1, 5)]));
      windows.dropView(1);
      for (const set of [new WindowSet(TIMING, structuredClone(windows.save())), windows]) {
        expect(byView(set.push(readings(set, [at(10, 1)])))).toEqual(['2: s 1-6: 1 (1)', '0: s 0-10: 5 (1)']);
      }
    });
  });

  describe('with late readings', () => {
    const late = (options: Options = {}, saved?: WindowSetState) =>
      setOf({ allowedLatenessMs: HOUR, ...options }, saved);

    it('gives a window again, with the next revision, unless the reading changes nothing', () => {
      const windows = late();
      windows.push(readings(windows, [at(1, 5)]));
      expect(windows.push(readings(windows, [at(20, 0)])).map(shown)).toEqual(['s 0-10: 5 (1)']);
      expect(windows.push(readings(windows, [at(3, 2)])).map(shown)).toEqual(['s 0-10: 7 (2) again 2']);
      expect(windows.push(readings(windows, [at(3, 2), at(1, 5)]))).toEqual([]);
      expect(windows.push(readings(windows, [at(3, 4), at(2, 1)])).map(shown)).toEqual(['s 0-10: 10 (3) again 3']);
      expect(windows.revisedWindows).toBe(2);
      expect(windows.lateReadings).toBe(0);
    });

    it('gives a window that had none for the first time', () => {
      const windows = late();
      windows.push(readings(windows, [at(1, 5)]));
      windows.push(readings(windows, [at(50, 0)]));
      expect(windows.push(readings(windows, [at(15, 2)])).map(shown)).toEqual(['s 10-20: 2 (1)']);
      expect(windows.push(readings(windows, [at(-5, 3)])).map(shown)).toEqual(['s -10-0: 3 (1)']);
    });

    it('gives again each of the sliding windows that hold it and were given out', () => {
      const windows = late({ window: '30m', every: '10m' });
      windows.push(readings(windows, [at(5, 1)]));
      windows.push(readings(windows, [at(25, 1)]));
      expect(windows.push(readings(windows, [at(15, 1)])).map(shown)).toEqual(['s -10-20: 2 (2) again 2']);
      expect(windows.push(readings(windows, [at(30, 1)])).map(shown)).toEqual(['s 0-30: 3 (3)']);
    });

    it('gives again the window after it, where the increase that ends there has changed', () => {
      const windows = late({ aggregate: 'rate' });
      expect(windows.push(readings(windows, [at(1, 0), at(11, 600), at(21, 600)])).map(shown)).toEqual([
        's 10-20: 1 (1)',
      ]);
      expect(windows.push(readings(windows, [at(9, 300)])).map(shown)).toEqual([
        's 0-10: 0.5 (2)',
        's 10-20: 0.5 (1) again 2',
      ]);
    });

    it('does not take what is later than allowed, and is not behind by then', () => {
      const windows = late({ allowedLatenessMs: 10 * MINUTE });
      windows.push(readings(windows, [at(30, 1)]));
      expect(windows.push(readings(windows, [at(19.9, 1), at(20, 1)])).map(shown)).toEqual(['s 20-30: 1 (1)']);
      expect(windows.lateReadings).toBe(1);
    });

    it('keeps closed what was, should more lateness be allowed from then on', () => {
      const windows = late({ allowedLatenessMs: 0 });
      windows.push(readings(windows, [at(30, 1)]));
      const restored = late({}, windows.save());
      restored.push(readings(restored, [at(29, 1)]));
      expect(restored.lateReadings).toBe(1);
    });
  });

  describe('of increases', () => {
    const counter = (options: Options = {}) => setOf({ aggregate: 'rate', ...options });

    it('count an increase where its later reading is, however many windows came before it', () => {
      const windows = counter();
      windows.push(readings(windows, [at(9, 100)]));
      windows.push(readings(windows, [at(31, 160)]));
      const results = windows.push(readings(windows, [at(40, 1000)]));
      expect(results.map(shown)).toEqual(['s 30-40: 0.1 (1)']);
    });

    it('give no result before any series has a second reading, and one of 0 for a counter that stands still', () => {
      const windows = counter();
      expect(windows.push(readings(windows, [at(1, 5, 'a'), at(2, 5, 'b'), at(11, 5, 'a')]))).toEqual([]);
      const results = windows.push(readings(windows, [at(20, 5, 'a'), at(20, 5, 'b')]));
      expect(results.map(shown)).toEqual(['s 10-20: 0 (1)']);
    });

    it('take a drop for a beginning from 0', () => {
      const windows = counter();
      windows.push(readings(windows, [at(1, 900), at(2, 930), at(3, 20), at(4, 30), at(5, -5), at(6, 5)]));
      // 30, 20, 10, none of -5, 10.
      const [result] = windows.push(readings(windows, [at(10, 0)]));
      expect(result!.value).toBe(70 / 600);
    });

    it('do not count by what came too late', () => {
      const windows = counter();
      windows.push(readings(windows, [at(1, 10)]));
      windows.push(readings(windows, [at(11, 70)]));
      windows.push(readings(windows, [at(2, 50)]));
      const [result] = windows.push(readings(windows, [at(20, 70)]));
      expect(windows.lateReadings).toBe(1);
      expect(result!.value).toBe(60 / 600);
    });

    it('are per second of a day that has 23 hours', () => {
      const midnight = Date.parse('2026-03-29T00:00:00+01:00') / MINUTE;
      const windows = counter({ window: '1d', timeZone: 'Europe/Berlin' });
      windows.push(readings(windows, [at(midnight, 0), at(midnight + 60, 82_800)]));
      const [result] = windows.push(readings(windows, [at(midnight + 23 * 60, 0)]));
      expect(result).toMatchObject({ value: 1, end: (midnight + 23 * 60) * MINUTE });
    });

    it('are looked at early from readings that are in open segments before the window', () => {
      const windows = counter({ early: true, delayMs: HOUR });
      windows.push(readings(windows, [at(8, 100)]));
      expect(windows.push(readings(windows, [at(11, 160)])).map(shown)).toEqual(['s 10-20: 0.1 (1) early']);
      expect(windows.push(readings(windows, [at(12, 220)])).map(shown)).toEqual(['s 10-20: 0.2 (2) early']);
    });

    it('are looked at early without moving what they are counted from', () => {
      const windows = counter({ early: true });
      windows.push(readings(windows, [at(4, 100)]));
      expect(windows.push(readings(windows, [at(8, 130)])).map(shown)).toEqual(['s 0-10: 0.05 (2) early']);
      expect(windows.push(readings(windows, [at(9, 160)])).map(shown)).toEqual(['s 0-10: 0.1 (3) early']);
      expect(windows.push(readings(windows, [at(10, 160)])).map(shown)[0]).toBe('s 0-10: 0.1 (3)');
    });
  });

  describe('early', () => {
    it('looks at a window that is still open, also for a reading that is late for the fullest', () => {
      const windows = setOf({ early: true, every: '5m', allowedLatenessMs: HOUR });
      windows.push(readings(windows, [at(1, 5)]));
      windows.push(readings(windows, [at(7, 1)]));
      expect(windows.push(readings(windows, [at(3, 2)])).map(shown)).toEqual([
        's -5-5: 7 (2) again 2',
        's 0-10: 8 (3) early',
      ]);
    });

    it('looks at the open window on every change, at the event time of its newest reading', () => {
      const windows = setOf({ early: true });
      expect(windows.push(readings(windows, [at(1, 5)])).map(shown)).toEqual(['s 0-10: 5 (1) early']);
      const [look] = windows.push(readings(windows, [at(7, 1)]));
      expect(look).toMatchObject({ value: 6, final: false, time: 7 * MINUTE });
      expect(windows.push(readings(windows, [at(11, 2)])).map(shown)).toEqual([
        's 0-10: 6 (2)',
        's 10-20: 2 (1) early',
      ]);
    });

    it('looks at the fullest of sliding windows', () => {
      const windows = setOf({ early: true, every: '5m' });
      windows.push(readings(windows, [at(6, 1)]));
      const results = windows.push(readings(windows, [at(11, 2)]));
      expect(results.map(shown)).toEqual(['s 0-10: 1 (1)', 's 5-15: 3 (2) early']);
    });
  });
});

describe('the order of arrival', () => {
  const DELAY = 7 * MINUTE;
  const reading = fc.record({
    device: fc.constantFrom('a', 'b', 'c'),
    minute: fc.integer({ min: 0, max: 180 }),
    value: fc.oneof(
      fc.integer({ min: -500, max: 500 }).map((n) => n / 10),
      fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    ),
    lag: fc.integer({ min: 0, max: DELAY / MINUTE - 1 }),
    again: fc.integer({ min: 0, max: DELAY / MINUTE - 1 }),
  });

  const options = fc.record({
    aggregate: fc.constantFrom(...WINDOW_AGGREGATES, 'p50' as const, 'p95' as const),
    window: fc.constantFrom('10m', '30m', '1h'),
    every: fc.constantFrom('5m', '10m', undefined),
    grouped: fc.boolean(),
  });

  it('changes no final window, as long as no reading is passed by the watermark', () => {
    let windowsSeen = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(reading, { selector: (r) => `${r.device}@${r.minute}`, maxLength: 60 }),
        options,
        fc.integer({ min: 1, max: 9 }),
        (all, chosen, size) => {
          const inOrder = all.map((r) => ({ ...r, arrives: r.minute }));
          const shuffled = [
            ...all.map((r) => ({ ...r, arrives: r.minute + r.lag })),
            ...all.map((r) => ({ ...r, arrives: r.minute + r.again })),
          ];
          const expected = finalWindows(inOrder, chosen, 1);
          expect(finalWindows(shuffled, chosen, size)).toEqual(expected);
          windowsSeen += expected.length;
        },
      ),
    );
    expect(windowsSeen).toBeGreaterThan(100);
  });

  type Arriving = { device: string; minute: number; value: number; arrives: number };

  function finalWindows(
    all: readonly Arriving[],
    {
      grouped,
      every,
      ...rest
    }: { grouped: boolean; every: string | undefined } & Pick<GridWindows, 'aggregate' | 'window'>,
    size: number,
  ): WindowResult[] {
    const windows = setOf({ ...rest, ...(every === undefined ? {} : { every }), delayMs: DELAY });
    const arriving = [...all].sort((a, b) => a.arrives - b.arrives);
    const results: WindowResult[] = [];
    for (let i = 0; i < arriving.length; i += size) {
      const rows = arriving.slice(i, i + size).map((r) => at(r.minute, r.value, r.device, grouped ? 'all' : r.device));
      results.push(...windows.push(readings(windows, rows)));
    }
    results.push(...windows.push(tick(HOUR)), ...windows.push(tick(10 * HOUR)));
    expect(windows.lateReadings).toBe(0);
    return results.sort((a, b) => (a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : a.start - b.start));
  }
});
