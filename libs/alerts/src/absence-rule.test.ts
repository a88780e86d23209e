import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AbsenceCondition, AbsenceRule, DeviceDescription } from '@seawall/model';
import type { DeviceChange, EntryKind } from '@seawall/ports';
import type { PickedReadings } from './compiled-rule.ts';
import { compileAbsenceRule, type AbsenceRuleState } from './absence-rule.ts';
import type { Decision } from './alert-writer.ts';
import { DeviceDirectory } from './device-directory.ts';
import { JournalClock } from './journal-clock.ts';
import { LIVE } from './origin-mark.ts';

const SECOND = 1000;
const NO_RUNS = null as unknown as PickedReadings['runs'];

interface Options {
  readonly when?: Partial<AbsenceCondition>;
  readonly groupBy?: readonly string[];
  readonly summary?: string;
  /** Begins anew from its saved state before each entry. */
  readonly restarts?: boolean;
}

/** A rule on the silence of lamps, and the log it is fed. Times are seconds. */
class Street {
  readonly told: Decision[] = [];
  readonly #options: Options;
  readonly #version: { id: string; version: number; source: string; rule: AbsenceRule };
  #clock = new JournalClock();
  #directory = new DeviceDirectory();
  #rule: ReturnType<typeof compileAbsenceRule> | null = null;
  #now = 0;

  constructor(options: Options = {}) {
    const { when, groupBy, summary } = options;
    const rule: AbsenceRule = {
      id: 'dark',
      severity: 'major',
      when: { domain: 'lamps', absent: { missed: 3 }, ...when },
      ...(groupBy === undefined ? {} : { groupBy }),
      ...(summary === undefined ? {} : { summary }),
    };
    this.#options = options;
    this.#version = { id: 'dark', version: 1, source: 'api', rule };
  }

  /** The rule begins. */
  begin(second = 0): this {
    this.#now = second;
    this.#entry('rule', () => []);
    return this;
  }

  /** Described before the rule begins. */
  known(device: string, description: DeviceDescription): this {
    this.#directory.apply(changeOf(device, description, 'lamps'));
    return this;
  }

  describe(device: string, description: DeviceDescription, domain = 'lamps'): this {
    const change = changeOf(device, description, domain);
    this.#directory.apply(change);
    this.#entry('device', (rule, clock, stamp) => rule.deviceChanged(change, clock, stamp));
    return this;
  }

  hear(devices: readonly string[], metric = 'power', mark = LIVE): this {
    this.#entry('readings', ({ intake }, clock, stamp) => {
      for (const device of devices) {
        const member = intake.select({ domain: 'lamps', device, metric }, { district: 'unknown', type: 'unknown' });
        if (intake.selection.metric === undefined || intake.selection.metric === metric) intake.pick(member!, 0);
      }
      return intake.push({ runs: NO_RUNS, mark, clock, stamp });
    });
    return this;
  }

  until(second: number): this {
    while (this.#now < second) {
      this.#now++;
      this.#entry('tick', (rule, clock, stamp) => rule.tick(clock, stamp));
    }
    return this;
  }

  down(seconds: number): this {
    this.#entry('hub-stop', () => []);
    this.#now += seconds;
    this.#entry('hub-start', (rule, clock) => {
      rule.hubStarted(clock);
      return [];
    });
    return this;
  }

  acknowledge(): this {
    const { id } = this.told.at(-1)!.transition.alert;
    this.#entry('tick', ({ alerts }, _, stamp) => {
      const decision = alerts.acknowledge({ alertId: id, by: 'ana', comment: '' }, stamp);
      return decision === null ? [] : [decision];
    });
    return this;
  }

  get rule() {
    return this.#rule!;
  }

  /** "<when> <subject> from -> to (value) since <startsAt>: because". */
  lines(): string[] {
    return this.told.map(({ transition: { from, to, alert, because, levels } }) => {
      const second = (time: string | null) => Date.parse(time!) / SECOND;
      const subject = levels.subject ?? levels.district ?? levels.domain;
      return `${second(alert.updatedAt)} ${subject} ${from} -> ${to} (${alert.value}) since ${second(alert.startsAt)}: ${because}`;
    });
  }

  #entry(
    kind: EntryKind,
    act: (rule: NonNullable<typeof this.rule>, clock: number, stamp: number) => readonly Decision[],
  ) {
    const stamp = this.#now * SECOND;
    this.#clock.see(kind, stamp);
    const { now: clock } = this.#clock;
    this.#rule ??= compileAbsenceRule(this.#version, this.#directory, { clock, stamp });
    const decisions = [...act(this.#rule, clock, stamp)];
    // The engine gives them out in the order of alerts.
    this.told.push(...decisions.sort(byKey));
    if (this.#options.restarts !== true) return;
    const saved = structuredClone(this.#rule.save()) as AbsenceRuleState;
    this.#directory = new DeviceDirectory(structuredClone(this.#directory.save()));
    this.#rule = compileAbsenceRule(this.#version, this.#directory, { clock, stamp }, saved);
  }
}

function changeOf(device: string, description: DeviceDescription, domain: string): DeviceChange {
  const { district = 'unknown', gateway } = description;
  const labels = { district, type: 'unknown', ...(gateway === undefined ? {} : { gateway }) };
  return { device, domain, description, labelSpans: [{ from: -Infinity, labels }], receivedAt: 0 };
}

function byKey({ transition: a }: Decision, { transition: b }: Decision): number {
  return a.alert.key === b.alert.key ? 0 : a.alert.key < b.alert.key ? -1 : 1;
}

const EVERY_10S = { interval: '10s' };

describe('a rule on silence', () => {
  it('fires when a device has missed its intervals, and ends when it is heard again', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(40).hear(['l-1']).until(60);
    expect(street.lines()).toEqual([
      '31 l-1 inactive -> firing (1) since 0: l-1 silent for longer than 3 intervals',
      '40 l-1 firing -> resolved (0) since 0: l-1 is heard again',
    ]);
    const [fired, over] = street.told.map(({ transition }) => transition.alert);
    expect(fired).toMatchObject({
      metric: '',
      unit: null,
      summary: 'l-1 has been silent since 1970-01-01T00:00:00Z',
      evidence: { domain: 'lamps', aggregate: 'absent', count: 0, windowEnd: '1970-01-01T00:00:31.000Z' },
    });
    expect(over!.endsAt).toBe('1970-01-01T00:00:40.000Z');
  });

  it('counts from the last time a device was heard', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S);
    for (const second of [5, 20, 49, 50]) street.until(second).hear(['l-1']);
    expect(street.until(81).lines()).toEqual([
      '81 l-1 inactive -> firing (1) since 50: l-1 silent for longer than 3 intervals',
    ]);
  });

  it('watches a device that was described and never heard, if it has declared an interval', () => {
    const street = new Street({ when: { absent: { missed: 3, after: '20s' } } }).begin();
    street.until(5).describe('l-1', EVERY_10S).describe('l-2', {}).describe('l-3', EVERY_10S, 'bins').until(100);
    expect(street.lines()).toEqual([
      '36 l-1 inactive -> firing (1) since 5: l-1 silent for longer than 3 intervals, or 20s where none is declared',
    ]);
  });

  it('counts devices that were described before the rule from where it begins', () => {
    expect(new Street().known('l-1', EVERY_10S).known('l-2', {}).begin(20).until(60).lines()).toEqual([
      '51 l-1 inactive -> firing (1) since 20: l-1 silent for longer than 3 intervals',
    ]);
  });

  it('allows a device without an interval as long as `after` says, from its first reading on', () => {
    const after = new Street({ when: { absent: { missed: 3, after: '20s' } } })
      .begin()
      .until(50)
      .hear(['l-1'])
      .until(80);
    expect(after.lines()).toEqual([
      '71 l-1 inactive -> firing (1) since 50: l-1 silent for longer than 3 intervals, or 20s where none is declared',
    ]);
    expect(new Street().begin().hear(['l-1']).until(80).lines()).toEqual([]);
  });

  it('may be on one metric, by which others are no hearing', () => {
    const one = new Street({ when: { metric: 'power' } })
      .begin()
      .describe('l-1', { interval: '10s', metrics: { power: {} } });
    one.until(20).hear(['l-1']).until(30).hear(['l-1'], 'light').until(60);
    expect(one.lines()).toEqual(['51 l-1 inactive -> firing (1) since 20: l-1 silent for longer than 3 intervals']);
    expect(one.told[0]!.transition.alert).toMatchObject({
      metric: 'power',
      summary: 'l-1 has been silent in power since 1970-01-01T00:00:20Z',
    });
    expect(
      new Street({ when: { metric: 'heat' } }).begin().describe('l-1', EVERY_10S).hear(['l-1']).until(60).lines(),
    ).toEqual([]);
  });

  it('takes imported and replayed readings for no hearing', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(20);
    for (const mark of [0, 1]) street.hear(['l-1'], 'power', mark);
    expect(street.until(40).lines()).toHaveLength(1);
  });

  it('accuses nobody of what the hub has slept through', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(25).down(3600);
    expect(street.until(25 + 3600 + 10).lines()).toEqual([]);
    expect(street.until(25 + 3600 + 11).lines()).toEqual([
      '3636 l-1 inactive -> firing (1) since 0: l-1 silent for longer than 3 intervals',
    ]);
  });

  it.each([1, 1.5, 3])('lets a device that sends every interval go on after a start, with %d missed', (missed) => {
    const street = new Street({ when: { absent: { missed } } }).begin().describe('l-1', EVERY_10S).hear(['l-1']);
    // What it sent at 10, while nobody listened, is lost.
    street.until(9).down(5).until(20).hear(['l-1']).until(30);
    expect(street.lines()).toEqual([]);
  });

  it('leaves out a device that is out of service, ends its alert at once, and counts it anew when it is back', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(40);
    street
      .describe('l-1', { ...EVERY_10S, outOfService: true })
      .until(200)
      .hear(['l-1'])
      .until(300);
    expect(street.describe('l-1', EVERY_10S).until(340).lines()).toEqual([
      '31 l-1 inactive -> firing (1) since 0: l-1 silent for longer than 3 intervals',
      '40 l-1 firing -> resolved (0) since 0: l-1 is out of service',
      '331 l-1 inactive -> firing (1) since 300: l-1 silent for longer than 3 intervals',
    ]);
  });

  it('goes by an interval as soon as it is declared', () => {
    const longer = new Street()
      .begin()
      .describe('l-1', EVERY_10S)
      .hear(['l-1'])
      .until(20)
      .describe('l-1', { interval: '1m' });
    expect(longer.until(181).lines()).toEqual([expect.stringMatching(/^181 l-1 inactive -> firing/)]);
    const shorter = new Street()
      .begin()
      .describe('l-1', { interval: '1m' })
      .hear(['l-1'])
      .until(40)
      .describe('l-1', EVERY_10S);
    expect(shorter.until(60).lines()).toEqual([expect.stringMatching(/^41 l-1 inactive -> firing/)]);
    const forgiven = new Street()
      .begin()
      .describe('l-1', EVERY_10S)
      .hear(['l-1'])
      .until(40)
      .describe('l-1', { interval: '1m' });
    expect(forgiven.lines().at(-1)).toBe('40 l-1 firing -> resolved (0) since 0: l-1 may be silent for longer now');
  });
});

const NAMES = Array.from({ length: 12 }, (_, i) => `l-${String(i + 1).padStart(2, '0')}`);

/** Twelve lamps behind a gateway, each heard at a second of its own. */
function behindGateway(options: Options = {}): Street {
  const street = new Street({ groupBy: ['gateway'], ...options }).begin();
  NAMES.forEach((name, i) =>
    street
      .until(i)
      .describe(name, { ...EVERY_10S, gateway: 'gw-3' })
      .hear([name]),
  );
  return street;
}

describe('a group that falls silent together', () => {
  it('gets one alert at once, which tells the rest a minute later', () => {
    const street = behindGateway().until(300);
    expect(street.lines()).toEqual([
      '31 gw-3 inactive -> firing (1) since 0: 1 of 12 devices silent for longer than 3 intervals',
      '91 gw-3 firing -> firing (12) since 0: now 12 of 12 devices silent',
    ]);
    expect(street.told.map(({ transition }) => transition.alert.summary)).toEqual([
      '1 of 12 devices of gateway gw-3 has been silent since 1970-01-01T00:00:00Z: l-01',
      '12 of 12 devices of gateway gw-3 have been silent since 1970-01-01T00:00:00Z: ' +
        'l-01, l-02, l-03, l-04, l-05, l-06, l-07, l-08, l-09, l-10 and 2 more',
    ]);
  });

  it('is over when all are heard again, and in between tells how many are not, once a minute', () => {
    const street = behindGateway().until(100);
    for (const name of NAMES) street.until(100 + NAMES.indexOf(name) * 5).hear(NAMES.slice(0, NAMES.indexOf(name) + 1));
    expect(street.until(160).lines().slice(2)).toEqual([
      '151 gw-3 firing -> firing (1) since 0: now 1 of 12 devices silent',
      '155 gw-3 firing -> resolved (0) since 0: all 12 devices are heard again',
    ]);
  });

  it('may have as many silent as `above` says', () => {
    const street = behindGateway({ when: { above: 3 } }).until(50);
    expect(street.lines()).toEqual([
      '34 gw-3 inactive -> firing (4) since 3: 4 of 12 devices silent for longer than 3 intervals; up to 3 may be',
    ]);
    expect(street.hear(NAMES.slice(3)).lines().at(-1)).toBe(
      '50 gw-3 firing -> resolved (3) since 3: only 3 of 12 devices still silent',
    );
  });

  it('waits for `for`, and stays for `keepFiringFor`', () => {
    const held = behindGateway({ when: { for: '20s', keepFiringFor: '15s' } })
      .until(60)
      .hear(NAMES);
    expect(held.until(70).hear(NAMES).until(80).lines()).toEqual([
      '31 gw-3 inactive -> pending (1) since 0: 1 of 12 devices silent for longer than 3 intervals, fires after 20s',
      '51 gw-3 pending -> firing (12) since 0: 12 of 12 devices silent for longer than 3 intervals for 20s',
      '75 gw-3 firing -> resolved (0) since 0: all 12 devices are heard again for 15s',
    ]);
    const dropped = behindGateway({ when: { for: '20s' } })
      .until(35)
      .hear(NAMES);
    expect(dropped.lines().at(-1)).toMatch(/^35 gw-3 pending -> inactive \(0\)/);
  });

  it('is left by a device that moves to another', () => {
    const street = new Street({ groupBy: ['gateway'] }).begin();
    street
      .describe('l-1', { ...EVERY_10S, gateway: 'gw-1' })
      .describe('l-2', { ...EVERY_10S, gateway: 'gw-1' })
      .until(20);
    street
      .hear(['l-2'])
      .until(31)
      .describe('l-1', { ...EVERY_10S, gateway: 'gw-2' });
    expect(street.lines()).toEqual([
      '31 gw-1 inactive -> firing (1) since 0: 1 of 2 devices silent for longer than 3 intervals',
      '31 gw-1 firing -> resolved (0) since 0: l-1 is not watched here any more',
      '31 gw-2 inactive -> firing (1) since 0: 1 of 1 device silent for longer than 3 intervals',
    ]);
  });

  it('ends at once what the one that leaves has kept up, and nothing that only stays for `keepFiringFor`', () => {
    const gateway = (name: string) => ({ ...EVERY_10S, gateway: name });
    const street = (above = 0) => {
      const made = new Street({ groupBy: ['gateway'], when: { above, keepFiringFor: '2m' } }).begin();
      for (const device of ['l-1', 'l-2', 'l-3']) made.describe(device, gateway('gw-1'));
      return made;
    };
    const healthy = street().until(20).hear(['l-2', 'l-3']).until(31).hear(['l-1']);
    for (let second = 40; second < 170; second += 10) {
      healthy.until(second).hear(['l-1', 'l-3']);
      if (second === 40) healthy.describe('l-2', gateway('gw-2')).hear(['l-2']);
      else healthy.hear(['l-2']);
    }
    expect(healthy.lines().slice(1)).toEqual([
      expect.stringContaining('gw-1 firing -> firing (0)'),
      '151 gw-1 firing -> resolved (0) since 0: all 2 devices are heard again for 2m',
    ]);
    // Of two that were silent one is heard again, and only then the other leaves.
    const second = street(1).until(20).hear(['l-3']).until(31).hear(['l-2', 'l-3']).until(35);
    second.describe('l-1', gateway('gw-2'));
    expect(second.lines()).toEqual([expect.stringMatching(/^31 gw-1 inactive -> firing \(2\)/)]);
    const silent = street().until(20).hear(['l-2', 'l-3']).until(35).describe('l-1', gateway('gw-2'));
    expect(
      silent
        .lines()
        .filter((line) => line.includes('gw-1'))
        .at(-1),
    ).toBe('35 gw-1 firing -> resolved (0) since 0: l-1 is not watched here any more');
    // Nobody is left.
    const empty = new Street({ groupBy: ['gateway'], when: { keepFiringFor: '30s' } }).begin();
    empty.describe('l-1', gateway('gw-1')).until(35).hear(['l-1']).until(36).describe('l-1', gateway('gw-2'));
    expect(empty.until(65).lines().at(-1)).toBe('65 gw-1 firing -> resolved (0) since 0: no device is silent for 30s');
  });

  it('selects by where', () => {
    const street = new Street({ groupBy: ['district'], when: { where: { district: ['!port'] } } }).begin();
    street
      .describe('l-1', { ...EVERY_10S, district: 'port' })
      .describe('l-2', { ...EVERY_10S, district: 'hill' })
      .hear(['l-1', 'l-2']);
    expect(street.until(60).lines()).toEqual([expect.stringMatching(/^31 hill /)]);
  });

  it('is told in the words of the rule', () => {
    const summary = '{{value}} of {{total}} lamps at {{labels.gateway}} are dark: {{ devices }}';
    const street = behindGateway({ summary, when: { above: 1 } }).until(40);
    expect(street.told[0]!.transition.alert.summary).toBe('2 of 12 lamps at gw-3 are dark: l-01, l-02');
  });

  it('keeps what somebody has acknowledged, and ends with the rule', () => {
    const street = behindGateway().until(40).acknowledge().until(100);
    expect(street.told.at(-1)!.transition.alert).toMatchObject({ revision: 3, value: 12, ack: { by: 'ana' } });
    expect(street.rule.alerts.count('firing')).toBe(1);
    const over = street.rule.withdraw('the rule was deleted', 100_000);
    expect(over.map(({ transition: { to, because } }) => `${to}: ${because}`)).toEqual([
      'resolved: the rule was deleted',
    ]);
    expect(street.rule.withdraw('again', 100_000)).toEqual([]);
  });

  it('gives each life of an alert an id of its own, also where one was silent all along', () => {
    const street = new Street({ groupBy: [] }).begin().describe('l-1', EVERY_10S).describe('l-2', { interval: '1m' });
    street.hear(['l-1', 'l-2']).until(40).hear(['l-1']);
    for (let second = 50; second < 200; second += 10) street.until(second).hear(['l-1']);
    expect(street.lines()).toEqual([
      '31 lamps inactive -> firing (1) since 0: 1 of 2 devices silent for longer than 3 intervals',
      '40 lamps firing -> resolved (0) since 0: all 2 devices are heard again',
      '181 lamps inactive -> firing (1) since 40: 1 of 2 devices silent for longer than 3 intervals',
    ]);
  });
});

describe('whatever happens', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const act = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('hear' as const),
        who: fc.uniqueArray(name, { minLength: 1 }),
        mark: fc.constantFrom(0, 2, 2, 2),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('describe' as const),
        who: name,
        interval: fc.constantFrom('5s', '10s', '1500ms', undefined),
        gateway: fc.constantFrom('x', 'y'),
        outOfService: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('down' as const), seconds: fc.integer({ min: 1, max: 500 }) }),
    },
  );
  const options: fc.Arbitrary<Options> = fc.record({
    when: fc.record({
      absent: fc.constantFrom({ missed: 1 }, { missed: 2.5, after: '12s' }),
      above: fc.constantFrom(0, 1),
      for: fc.constantFrom('0s', '7s'),
      keepFiringFor: fc.constantFrom('0s', '9s'),
    }),
    groupBy: fc.constantFrom(['gateway'], ['device'], []),
  });
  type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

  function play(street: Street, acts: readonly Act[], eachSecond: (second: number) => void = () => undefined): Street {
    let now = 0;
    for (const each of acts) {
      if (each.kind === 'hear') street.hear(each.who, 'power', each.mark);
      else if (each.kind === 'wait') {
        for (const end = now + each.seconds; now < end;) {
          street.until(++now);
          eachSecond(now);
        }
      } else if (each.kind === 'down') {
        street.down(each.seconds);
        now += each.seconds;
      } else street.describe(each.who, each);
    }
    return street;
  }

  it('decides the same wherever it is saved and goes on', () => {
    let told = 0;
    fc.assert(
      fc.property(options, fc.array(act, { minLength: 5, maxLength: 30 }), (of, acts) => {
        const straight = play(new Street(of).begin(), acts);
        expect(play(new Street({ ...of, restarts: true }).begin(), acts).told).toEqual(straight.told);
        told += straight.told.length;
      }),
      { numRuns: 60 },
    );
    expect(told).toBeGreaterThan(10);
  });

  it('gives alerts lives that follow each other, revisions that grow by one, and ids of their own', () => {
    fc.assert(
      fc.property(options, fc.array(act, { minLength: 5, maxLength: 30 }), (of, acts) => {
        const last = new Map<string, { id: string; revision: number; over: boolean; endsAt: string | null }>();
        const ids = new Set<string>();
        for (const {
          transition: { to, alert },
        } of play(new Street(of).begin(), acts).told) {
          const before = last.get(alert.key);
          if (before === undefined || before.over) {
            expect(ids.has(alert.id)).toBe(false);
            expect(alert.revision).toBe(1);
            expect(Date.parse(alert.startsAt)).toBeGreaterThanOrEqual(
              Date.parse(before?.endsAt ?? '1970-01-01T00:00:00Z'),
            );
          } else expect([alert.id, alert.revision]).toEqual([before.id, before.revision + 1]);
          ids.add(alert.id);
          last.set(alert.key, { ...alert, over: to === 'resolved' || to === 'inactive' });
        }
      }),
      { numRuns: 60 },
    );
  });
});
