import type { AbsenceCondition, AbsenceRule, DeviceDescription } from '@seawall/model';
import type { DeviceChange, EntryKind } from '@seawall/ports';
import { compileAbsenceRule, type AbsenceRuleState } from './absence-rule.ts';
import type { Decision } from './alert-writer.ts';
import type { PickedReadings } from './compiled-rule.ts';
import { DeviceDirectory } from './device-directory.ts';
import { JournalClock } from './journal-clock.ts';
import { LIVE } from './origin-mark.ts';

const SECOND = 1000;
const NO_RUNS = null as unknown as PickedReadings['runs'];

export interface StreetOptions {
  readonly when?: Partial<AbsenceCondition>;
  readonly groupBy?: readonly string[];
  readonly summary?: string;
  /** Begins anew from its saved state before each entry. */
  readonly restarts?: boolean;
}

/** A rule on the silence of lamps, and the log it is fed. Times are seconds. */
export class Street {
  readonly told: Decision[] = [];
  readonly #options: StreetOptions;
  readonly #version: { id: string; version: number; source: string; rule: AbsenceRule };
  #clock = new JournalClock();
  #directory = new DeviceDirectory();
  #rule: ReturnType<typeof compileAbsenceRule> | null = null;
  #now = 0;

  constructor(options: StreetOptions = {}) {
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

export const EVERY_10S = { interval: '10s' };
