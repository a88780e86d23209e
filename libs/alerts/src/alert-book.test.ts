import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ThresholdRule } from '@seawall/model';
import type { WindowResult } from '@seawall/windows';
import { AlertBook } from './alert-book.ts';
import type { Decision } from './alert-writer.ts';
import { DeviceDirectory } from './device-directory.ts';
import { Grouping } from './group.ts';
import { LIVE } from './origin-mark.ts';
import { smog } from './testing.ts';

const MINUTE = 60_000;
const LATENESS = 15 * MINUTE;

/** A window of five minutes that ends at a minute of the day, unless it begins elsewhere. */
function ends(minute: number, value: number, revision = 1, rest: Partial<WindowResult> = {}): WindowResult {
  const end = minute * MINUTE;
  const start = end - 5 * MINUTE;
  return { scope: 'aq-1', view: 0, start, end, value, count: 1, final: true, time: end, mark: 2, revision, ...rest };
}

class Case {
  readonly #rule: ThresholdRule;
  readonly #latenessMs: number;
  book: AlertBook;

  constructor(when: Parameters<typeof smog>[0] = {}, latenessMs = LATENESS) {
    this.#rule = smog({ window: '5m', ...when });
    this.#latenessMs = latenessMs;
    this.book = this.open();
  }

  decide(...results: WindowResult[]): Decision[] {
    return results.flatMap((result) => {
      this.book = this.open(structuredClone(this.book.save()));
      return this.book.decide(result, result.end);
    });
  }

  /** The changes, as "from -> to from <startsAt> to <endsAt>: because", times in minutes. */
  tell(...results: WindowResult[]): string[] {
    return this.decide(...results).map(({ transition: { from, to, alert, because } }) => {
      const minute = (time: string) => Date.parse(time) / MINUTE;
      const end = alert.endsAt === null ? '' : ` to ${minute(alert.endsAt)}`;
      return `${from} -> ${to} from ${minute(alert.startsAt)}${end}: ${because}`;
    });
  }

  open(saved?: ReturnType<AlertBook['save']>): AlertBook {
    const version = { id: 'smog', version: 1, rule: this.#rule, source: 'api' };
    return new AlertBook(version, new Grouping(this.#rule), new DeviceDirectory(), saved, this.#latenessMs);
  }
}

describe('a window that a late reading has revised', () => {
  it('fires now, as of its time, where it newly breaches', () => {
    expect(new Case().tell(ends(5, 100), ends(5, 160, 2))).toEqual([
      'inactive -> firing from 5: corrected by a late reading: mean 160 above 150',
    ]);
  });

  it('ends by a transition what was announced, and unsays nothing', () => {
    const [fired, ended] = new Case().decide(ends(5, 160), ends(5, 120, 2)).map(({ transition }) => transition);
    expect(ended).toMatchObject({
      from: 'firing',
      to: 'resolved',
      because: 'corrected by a late reading: mean 120 not above 150',
      alert: { id: fired!.alert.id, revision: 2, value: 120, corrects: null },
    });
    expect(ended!.alert.endsAt).toBe(ended!.alert.startsAt);
  });

  it('says nothing where the alert stands as it would have stood', () => {
    const one = new Case();
    expect(one.tell(ends(5, 160), ends(10, 170), ends(5, 100, 2), ends(10, 180, 2))).toEqual([
      'inactive -> firing from 5: mean 160 above 150',
    ]);
  });

  it('lets what came after it stand', () => {
    const again = new Case();
    expect(again.tell(ends(5, 100), ends(10, 100), ends(5, 160, 2))).toEqual([]);
    expect(again.tell(ends(15, 160), ends(10, 170, 2))).toEqual(['inactive -> firing from 15: mean 160 above 150']);
  });

  it('lets stand what a window has cleared since that ended sooner than usual, at midnight', () => {
    const one = new Case({ window: '7m' }, 6 * MINUTE);
    const long = ends(1435, 100, 1, { start: 1428 * MINUTE });
    const short = ends(1440, 100);
    expect(one.tell(long, short, { ...long, value: 160, revision: 2 })).toEqual([]);
  });

  it('names the alert that was not over after all', () => {
    const [fired, over, goesOn] = new Case()
      .decide(ends(5, 160), ends(10, 100), ends(10, 170, 2))
      .map(({ transition }) => transition);
    expect(over!.to).toBe('resolved');
    expect(goesOn).toMatchObject({
      from: 'inactive',
      to: 'firing',
      because: 'corrected by a late reading: mean 170, so it is not over',
      alert: { revision: 1, corrects: fired!.alert.id, startsAt: over!.alert.endsAt },
    });
    expect(goesOn!.alert.id).not.toBe(fired!.alert.id);
  });

  it('goes on with the same alert where by its beginning it is the same', () => {
    const [fired, , again] = new Case()
      .decide(ends(5, 160), ends(5, 100, 2), ends(5, 170, 3))
      .map(({ transition }) => transition);
    expect(again!.alert).toMatchObject({
      id: fired!.alert.id,
      revision: 3,
      state: 'firing',
      endsAt: null,
      corrects: null,
    });
  });

  it('counts `for` anew', () => {
    expect(new Case({ for: '10m' }).tell(ends(5, 160), ends(10, 160), ends(15, 160), ends(10, 100, 2))).toEqual([
      'inactive -> pending from 5: mean 160 above 150, fires after 10m',
      'pending -> firing from 5: mean 160 above 150 for 10m',
      'firing -> resolved from 5 to 10: corrected by a late reading: mean 100 not above 150',
      'inactive -> pending from 15: corrected by a late reading: mean 160 above 150, fires after 10m',
    ]);
    expect(new Case({ for: '10m' }).tell(ends(5, 100), ends(10, 160), ends(15, 160), ends(5, 160, 2))).toEqual([
      'inactive -> pending from 10: mean 160 above 150, fires after 10m',
      'pending -> firing from 10: corrected by a late reading: mean 160 above 150 for 10m',
    ]);
    expect(new Case({ for: '10m' }).tell(ends(5, 160), ends(10, 160), ends(10, 140, 2))).toEqual([
      'inactive -> pending from 5: mean 160 above 150, fires after 10m',
      'pending -> inactive from 5 to 10: corrected by a late reading: mean 140 no longer above 150',
    ]);
  });

  it('lets what is pending begin later, where what it began with does not breach', () => {
    const one = new Case({ for: '10m' });
    expect(one.tell(ends(5, 160), ends(10, 160), ends(5, 100, 2), ends(15, 160), ends(20, 160))).toEqual([
      'inactive -> pending from 5: mean 160 above 150, fires after 10m',
      'pending -> inactive from 5 to 5: corrected by a late reading: mean 100 not above 150',
      'inactive -> pending from 10: corrected by a late reading: mean 160 above 150, fires after 10m',
      'pending -> firing from 10: mean 160 above 150 for 10m',
    ]);
  });

  it('counts `keepFiringFor` anew', () => {
    const told = new Case({ keepFiringFor: '5m' }).tell(ends(5, 160), ends(10, 100), ends(15, 100), ends(10, 160, 2));
    expect(told.at(-2)).toBe('firing -> resolved from 5 to 15: mean 100 no longer above 150 for 5m');
    expect(told.at(-1)).toBe('inactive -> firing from 15: corrected by a late reading: mean 160, so it is not over');
  });

  it('may be one that had no readings before', () => {
    expect(new Case().tell(ends(5, 160), ends(15, 160), ends(10, 100))).toEqual([
      'inactive -> firing from 5: mean 160 above 150',
    ]);
    expect(new Case({ for: '10m' }).tell(ends(5, 160), ends(15, 160), ends(10, 100)).slice(2)).toEqual([
      'firing -> resolved from 5 to 10: corrected by a late reading: mean 100 not above 150',
      'inactive -> pending from 15: corrected by a late reading: mean 160 above 150, fires after 10m',
    ]);
  });

  it('changes nothing once the lateness is over', () => {
    expect(new Case({}, 4 * MINUTE).tell(ends(5, 160), ends(10, 100), ends(5, 100, 2), ends(5, 170, 3))).toHaveLength(
      2,
    );
  });

  it('is told by its revision from a part of the same window, begun anew', () => {
    expect(new Case().tell(ends(5, 160), ends(5, 100))).toHaveLength(1);
  });

  it('takes the place of the sessions it has joined', () => {
    const session = (start: number, end: number, value: number, revision: number, replaces?: number[]) =>
      ends(end, value, revision, {
        start: start * MINUTE,
        ...(replaces === undefined ? {} : { replaces: replaces.map((minute) => minute * MINUTE) }),
      });
    const one = new Case({ window: undefined, session: '5m' });
    expect(one.tell(session(0, 7, 160, 1), session(7, 14, 170, 1), session(0, 14, 165, 2, [7]))).toEqual([
      'inactive -> firing from 7: mean 160 above 150',
    ]);
    expect(one.tell(session(0, 14, 100, 3))).toEqual([
      'firing -> resolved from 7 to 14: corrected by a late reading: mean 100 not above 150',
    ]);
  });

  it('leaves an early rule as the younger window has it', () => {
    const looked = (minute: number, value: number) =>
      ends(minute, value, 0, { final: false, time: (minute - 2) * MINUTE });
    const early = new Case({ early: true });
    expect(early.tell(ends(5, 100), looked(10, 160), ends(5, 120, 2))).toEqual([
      'inactive -> firing from 8: mean 160 above 150',
    ]);
    expect(early.tell(ends(10, 100), ends(10, 200, 2))).toEqual([
      'firing -> resolved from 8 to 10: mean 100 no longer above 150',
      expect.stringMatching(/^inactive -> firing from 10: corrected by a late reading: mean 200/),
    ]);
  });

  it('has the alert stand, in the end, where the last of each window puts it', () => {
    const value = fc.constantFrom(100, 130, 160);
    const steps = fc.array(fc.record({ back: fc.nat(2), value, first: value }), { minLength: 1, maxLength: 12 });
    const when = fc.constantFrom({}, { clear: 120 }, { for: '10m' }, { keepFiringFor: '10m' });
    fc.assert(
      fc.property(steps, when, (made, conditions) => {
        const [late, straight] = [new Case(conditions), new Case(conditions)];
        const last: number[] = [];
        const revisions: number[] = [];
        made.forEach(({ back, value: revised, first }, i) => {
          const at = Math.max(0, i - back);
          [last[i], revisions[i]] = [first, 1];
          late.decide(ends(5 * (i + 1), first));
          [last[at], revisions[at]] = [revised, revisions[at]! + 1];
          late.decide(ends(5 * (at + 1), revised, revisions[at]));
        });
        straight.decide(...last.map((each, i) => ends(5 * (i + 1), each)));
        for (const state of ['pending', 'firing'] as const)
          expect(late.book.count(state)).toBe(straight.book.count(state));
      }),
    );
  });

  it('has each alert change by one revision at a time, and from the state it was in', () => {
    const step = fc.record({ back: fc.nat(3), value: fc.constantFrom(100, 130, 160) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const one = new Case({ clear: 120, for: '5m', keepFiringFor: '5m' });
        const seen = new Map<string, { revision: number; state: string }>();
        steps.forEach(({ back, value }, i) => {
          const decisions = [
            ...one.decide(ends(5 * (i + 1), 100)),
            ...one.decide(ends(5 * Math.max(1, i + 1 - back), value, i + 2)),
          ];
          for (const {
            transition: { from, to, alert },
          } of decisions) {
            const before = seen.get(alert.id);
            expect(alert.revision).toBe((before?.revision ?? 0) + 1);
            if (before !== undefined && from !== 'inactive') expect(from).toBe(before.state);
            seen.set(alert.id, { revision: alert.revision, state: to });
          }
          const active = [...seen.values()].filter(({ state }) => state === 'firing' || state === 'pending');
          expect(active.length).toBe(one.book.count('firing') + one.book.count('pending'));
        });
      }),
    );
  });

  it('begins none a second time, also where early looks are of one event time', () => {
    const look = fc.record({ later: fc.nat(1), value: fc.constantFrom(100, 160) });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 25 }), (looks) => {
        const one = new Case({ early: true });
        const revisions = new Map<string, number>();
        let time = MINUTE;
        for (const { later, value } of looks) {
          time += later;
          for (const { transition } of one.decide(ends(5, value, 1, { final: false, time }))) {
            const { id, revision } = transition.alert;
            expect(revision).toBe((revisions.get(id) ?? 0) + 1);
            revisions.set(id, revision);
          }
        }
      }),
    );
  });

  it.each([{}, { early: true }])('begins none before the last was over, also once its group was left: %j', (when) => {
    const one = new Case(when);
    const [fired] = one.decide(ends(10, 200));
    // The watermark has gone on beyond windows without readings, which late ones of another device may bring yet.
    one.book = one.open(structuredClone(one.book.save()));
    const [left] = one.book.withdraw('left', 0, () => 19 * MINUTE);
    expect(left!.transition).toMatchObject({ to: 'resolved', alert: { endsAt: '1970-01-01T00:19:00.000Z' } });
    const late = one.decide(ends(15, 300), ends(20, 100));
    expect(late.map(({ transition: { from, to, alert } }) => [from, to, alert.startsAt, alert.endsAt])).toEqual([
      ['inactive', 'firing', '1970-01-01T00:19:00.000Z', null],
      ['firing', 'resolved', '1970-01-01T00:19:00.000Z', '1970-01-01T00:20:00.000Z'],
    ]);
    expect(late[0]!.transition.alert.id).not.toBe(fired!.transition.alert.id);
  });

  it('begins none a second time that was under way when a state without beginnings was saved', () => {
    const one = new Case({ early: true });
    const look = (value: number) => one.decide(ends(5, value, 1, { final: false, time: MINUTE }));
    const [fired] = look(160);
    const saved = one.book.save().map(([group, { startedAt: _, ...record }]) => [group, record] as const);
    one.book = one.open(saved as unknown as ReturnType<AlertBook['save']>);
    one.book.withdraw('gone', 0, () => MINUTE);
    const [again] = look(160);
    expect(again!.transition.alert).toMatchObject({ revision: 1 });
    expect(again!.transition.alert.id).not.toBe(fired!.transition.alert.id);
  });
});

describe('an alert and readings that are no news', () => {
  const [IMPORT, REPLAY] = [0, 1];
  const when = { for: '5m', keepFiringFor: '5m', clear: 120 };

  /** Who is told of it: "<to> live" or "<to> by import". */
  function toldOf(decisions: readonly Decision[]): string[] {
    return decisions.map(({ transition: { to }, mark }) => `${to} ${['by import', 'by replay', 'live'][mark]}`);
  }

  it('is over for whoever was told of it, whatever ends it', () => {
    const one = new Case();
    expect(toldOf(one.decide(ends(5, 160), ends(10, 100, 1, { mark: IMPORT })))).toEqual([
      'firing live',
      'resolved live',
    ]);
  });

  it('is told as soon as it goes on by a live reading, once', () => {
    const one = new Case();
    const [began, goesOn, ...rest] = one.decide(
      ends(5, 160, 1, { mark: IMPORT }),
      ends(10, 170, 1, { mark: LIVE }),
      ends(15, 180, 1, { mark: LIVE }),
      ends(20, 180, 1, { mark: IMPORT }),
      ends(25, 100, 1, { mark: IMPORT }),
    );
    expect([began!, goesOn!, ...rest].map(({ mark }) => mark)).toEqual([IMPORT, LIVE, LIVE]);
    expect(goesOn!.transition).toMatchObject({
      from: 'firing',
      to: 'firing',
      because: 'mean 170, and it is not over: told now, since it fired by import',
      alert: {
        id: began!.transition.alert.id,
        revision: 2,
        state: 'firing',
        value: 170,
        startsAt: began!.transition.alert.startsAt,
      },
    });
    expect(rest).toMatchObject([{ transition: { to: 'resolved', alert: { revision: 3 } } }]);
  });

  it('is told where a live reading lets it wait to be over', () => {
    const one = new Case(when);
    one.decide(ends(5, 160, 1, { mark: REPLAY }), ends(10, 160, 1, { mark: REPLAY }));
    expect(toldOf(one.decide(ends(15, 100), ends(20, 100, 1, { mark: REPLAY })))).toEqual([
      'firing live',
      'resolved live',
    ]);
  });

  it('ends without a word where nobody was told that it had begun', () => {
    const one = new Case();
    expect(toldOf(one.decide(ends(5, 160, 1, { mark: REPLAY }), ends(10, 100)))).toEqual([
      'firing by replay',
      'resolved by replay',
    ]);
    const other = new Case();
    other.decide(ends(5, 160, 1, { mark: IMPORT }));
    expect(toldOf(other.book.withdraw('gone', 0, () => 0))).toEqual(['resolved by import']);
  });

  it('is told by an early look', () => {
    const early = new Case({ early: true });
    const look = (value: number, time: number, mark: number) =>
      ends(10, value, 0, { final: false, time: time * MINUTE, mark });
    expect(toldOf(early.decide(look(160, 6, IMPORT), look(170, 7, LIVE)))).toEqual(['firing by import', 'firing live']);
  });

  it('is told once somebody has acknowledged it', () => {
    const one = new Case();
    const [began] = one.decide(ends(5, 160, 1, { mark: IMPORT }));
    const acked = one.book.acknowledge({ alertId: began!.transition.alert.id, by: 'ana', comment: '' }, 0);
    expect(toldOf([acked!])).toEqual(['firing live']);
    expect(toldOf(one.decide(ends(10, 160), ends(15, 100, 1, { mark: IMPORT })))).toEqual(['resolved live']);
  });

  it('is told by the late live reading that has it fire, and by one that leaves it firing', () => {
    const late = (mark: number) => ends(5, 170, 2, { mark });
    // By `for` it fires at ten, with an imported window.
    const one = new Case(when);
    one.decide(ends(5, 100, 1, { mark: IMPORT }), ends(10, 160, 1, { mark: IMPORT }));
    expect(toldOf(one.decide(late(LIVE)))).toEqual(['firing live']);
    const other = new Case();
    other.decide(ends(5, 160, 1, { mark: IMPORT }), ends(10, 180, 1, { mark: IMPORT }));
    expect(toldOf(other.decide(late(IMPORT)))).toEqual([]);
    const [told, ...rest] = other.decide(ends(5, 171, 3, { mark: LIVE }));
    expect(rest).toEqual([]);
    expect(told).toMatchObject({ mark: LIVE, transition: { from: 'firing', to: 'firing', alert: { value: 180 } } });
  });

  it('is told by a live window that goes on with what an imported one before it begins late', () => {
    const one = new Case({ clear: 120 });
    one.decide(ends(5, 100, 1, { mark: IMPORT }), ends(10, 140, 1, { mark: LIVE }));
    expect(toldOf(one.decide(ends(5, 160, 2, { mark: IMPORT })))).toEqual(['firing live']);
  });

  it('is corrected for whoever was told what is not so', () => {
    const one = new Case({ clear: 120 });
    expect(toldOf(one.decide(ends(5, 160), ends(10, 100)))).toEqual(['firing live', 'resolved live']);
    expect(toldOf(one.decide(ends(10, 130, 2, { mark: IMPORT })))).toEqual(['firing live']);
    const other = new Case();
    other.decide(ends(5, 160, 1, { mark: IMPORT }), ends(10, 100, 1, { mark: IMPORT }));
    expect(toldOf(other.decide(ends(10, 160, 2, { mark: IMPORT })))).toEqual(['firing by import']);
  });

  it('counts as told where it fires in a state that does not say', () => {
    const one = new Case(when);
    one.decide(ends(5, 160, 1, { mark: IMPORT }));
    const forget = () => {
      const saved = one.book.save().map(([group, { episode, ...record }]) => {
        const { announced: _, ...rest } = episode!;
        return [group, { ...record, episode: rest }] as const;
      });
      one.book = one.open(saved);
    };
    forget();
    expect(toldOf(one.decide(ends(10, 160, 1, { mark: IMPORT })))).toEqual(['firing by import']);
    forget();
    const over = [ends(15, 160), ends(20, 100, 1, { mark: IMPORT }), ends(25, 100, 1, { mark: IMPORT })];
    expect(toldOf(one.decide(...over))).toEqual(['resolved live']);
  });

  it('fires for whoever hears what is news, whenever a live window has been decided, and never when it is over', () => {
    const made = fc.record({ back: fc.nat(3), value: fc.constantFrom(100, 130, 160), mark: fc.nat(LIVE) });
    const conditions = fc.constantFrom({}, when, { clear: 120 });
    let [told, quiet] = [0, 0];
    fc.assert(
      fc.property(fc.array(made, { maxLength: 30 }), conditions, (steps, each) => {
        const one = new Case(each);
        const heard = new Map<string, number>();
        const revisions = new Map<number, number>();
        let minute = 0;
        for (const { back, value, mark } of steps) {
          const end = back === 0 ? (minute += 5) : Math.max(5, minute - 5 * (back - 1));
          minute = Math.max(minute, end);
          revisions.set(end, (revisions.get(end) ?? 0) + 1);
          for (const { transition, mark: of } of one.decide(ends(end, value, revisions.get(end), { mark }))) {
            const { to, alert } = transition;
            if (of !== LIVE) continue;
            if (to === 'firing') heard.set(alert.id, alert.revision);
            else heard.delete(alert.id);
          }
          const fires = one.book.save().filter(([, { phase }]) => phase.state === 'firing');
          const now = fires.map(([, { episode }]) => [episode!.alert.id, episode!.alert.revision]);
          if (heard.size > 0 || (mark === LIVE && end > minute - LATENESS / MINUTE)) expect([...heard]).toEqual(now);
          if (heard.size > 0) told++;
          else if (now.length > 0) quiet++;
        }
      }),
    );
    expect(Math.min(told, quiet)).toBeGreaterThan(20);
  });
});
