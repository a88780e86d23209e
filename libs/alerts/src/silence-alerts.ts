import { formatRfc3339 } from '@seawall/calendar';
import type { AbsenceRule, AlertState, RuleVersion } from '@seawall/model';
import type { AcknowledgementRequest } from '@seawall/ports';
import { secondOf, SecondWheel } from '@seawall/windows';
import type { AbsenceWatch, Moment, WatchedGroup } from './absence-watch.ts';
import { AlertRecords } from './alert-records.ts';
import { step, type AlertPhase, type Holding } from './alert-state-machine.ts';
import { AlertWriter, type Decision, type Episode, type Finding } from './alert-writer.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { Grouping } from './group.ts';
import { holdingOf } from './holding.ts';
import { LIVE } from './origin-mark.ts';
import { settled } from './replay.ts';
import { SilenceTelling } from './silence-telling.ts';
import { wholeSecond } from './whole-second.ts';

/** While an alert goes on, how many are silent is told anew this often at most. */
const TOLD_AT_MOST_EVERY_MS = 60_000;

/** What is kept of a group. Immutable, so that a saved state stays as it was. */
interface SilenceRecord {
  readonly phase: AlertPhase;
  readonly episode: Episode | null;
  /** The stamp at which its last episode was over; -Infinity before that. Epoch ms. */
  readonly overAt: number;
  /** When its last episode began, as it says; -Infinity before that. Epoch ms. */
  readonly startedAt: number;
  /** How many were silent when that was last told, and when, on the running clock. */
  readonly told: { readonly silent: number; readonly clock: number };
}

const FRESH: SilenceRecord = {
  phase: { state: 'inactive' },
  episode: null,
  overAt: -Infinity,
  startedAt: -Infinity,
  told: { silent: 0, clock: -Infinity },
};

export type SilenceAlertsState = readonly (readonly [group: string, record: SilenceRecord])[];

/**
 * The alerts of one version of a rule on silence, a group each. `for` and `keepFiringFor` are measured on the running
 * clock, in whole seconds.
 */
export class SilenceAlerts {
  readonly #above: number;
  readonly #watch: AbsenceWatch;
  readonly #holding: Holding;
  readonly #writer: AlertWriter;
  readonly #telling: SilenceTelling;
  readonly #records: AlertRecords<SilenceRecord>;
  /** Groups that something may happen to though nobody falls silent or is heard. */
  readonly #waiting = new SecondWheel<string>();
  /** The next turn of each of those, in the wheel's seconds. */
  readonly #turns = new Map<string, number>();

  constructor(
    version: RuleVersion & { readonly rule: AbsenceRule },
    grouping: Grouping,
    directory: DeviceDirectory,
    watch: AbsenceWatch,
    saved: SilenceAlertsState = [],
  ) {
    const { rule } = version;
    this.#above = rule.when.above ?? 0;
    this.#watch = watch;
    this.#holding = holdingOf(rule.when);
    this.#writer = new AlertWriter(version, grouping, directory, { metric: rule.when.metric ?? '', unit: () => null });
    this.#telling = new SilenceTelling(rule, grouping, watch);
    this.#records = new AlertRecords(this.#writer, saved);
    for (const [group, record] of this.#records.active()) this.#wait(group, record);
  }

  /** The groups whose wait may be over by a tick, to be judged. */
  tick(clock: number): WatchedGroup[] {
    return this.#waiting.take(secondOf(clock)).map((group) => {
      this.#turns.delete(group);
      return this.#watch.group(group);
    });
  }

  /**
   * A group has changed, or a wait of it may be over.
   * @param leaving why a device is not watched there any more, should that have changed it: it ends at once an alert that the
   * device has kept up
   */
  judge(group: WatchedGroup, now: Moment, leaving?: string): Decision[] {
    const record = this.#records.get(group.key) ?? FRESH;
    const breaches = group.silent > this.#above;
    if (!breaches && record.episode === null) return [];
    const time = wholeSecond(now.clock);
    const event = { kind: 'observed', time, breaches, clears: !breaches, told: this.#telling.of(group) } as const;
    const ends = leaving !== undefined && !breaches && !isClearing(record.phase);
    const next = step(record.phase, ends ? { kind: 'withdrawn', because: leaving } : event, this.#holding);
    if (next.because !== null) return [this.#change(group, record, next.phase, next.because, now)];
    if (this.#isToBeToldAnew(group, record, next.phase, time)) {
      return [this.#change(group, record, next.phase, this.#telling.stillSilent(group), now)];
    }
    this.#keep(group.key, { ...record, phase: next.phase }, group.silent);
    return [];
  }

  acknowledge(request: AcknowledgementRequest, stamp: number): Decision | null {
    return this.#records.acknowledge(request, stamp);
  }

  count(state: AlertState): number {
    return this.#records.count(state);
  }

  /** Ends all of them. */
  withdraw(because: string, stamp: number): Decision[] {
    return [...this.#records.active()].map(([group, record, alert]) => {
      const { phase } = step(record.phase, { kind: 'withdrawn', because }, this.#holding);
      const change = { from: record.phase.state, to: phase.state, because, stamp, at: stamp };
      this.#records.set(group, { ...FRESH, overAt: stamp, startedAt: alert.startsAt });
      return this.#writer.change(alert, change).decision;
    });
  }

  save(): SilenceAlertsState {
    return this.#records.save();
  }

  #isToBeToldAnew({ silent }: WatchedGroup, { told }: SilenceRecord, phase: AlertPhase, time: number): boolean {
    return phase.state === 'firing' && silent !== told.silent && time >= told.clock + TOLD_AT_MOST_EVERY_MS;
  }

  #change(group: WatchedGroup, record: SilenceRecord, phase: AlertPhase, because: string, now: Moment): Decision {
    const { stamp } = now;
    const finding = this.#finding(group, record, stamp);
    const before = record.episode ?? this.#begin(group, record, finding);
    const change = { from: record.phase.state, to: phase.state, because, stamp, at: stamp, finding };
    const { episode, decision } = this.#writer.change(before, change);
    const isOver = phase.state === 'resolved' || phase.state === 'inactive';
    const told = { silent: group.silent, clock: wholeSecond(now.clock) };
    const over = { episode: null, overAt: Math.max(stamp, episode.startsAt) };
    const { startsAt: startedAt } = episode;
    const next = { ...record, phase: settled(phase), told, startedAt, ...(isOver ? over : { episode }) };
    this.#keep(group.key, next, group.silent);
    return decision;
  }

  /** Lives of one alert follow each other, also where one has been silent since before the last was over. */
  #begin(group: WatchedGroup, { overAt, startedAt }: SilenceRecord, finding: Finding): Episode {
    const since = this.#watch.silentSince(group, this.#above);
    // An id is known by its beginning, so no two lives have the same.
    return this.#writer.begin(group.key, Math.max(since, overAt, startedAt + 1), finding);
  }

  #finding(group: WatchedGroup, { episode }: SilenceRecord, stamp: number): Finding {
    const breaches = group.silent > this.#above;
    const since = breaches ? this.#watch.silentSince(group, this.#above) : (episode?.startsAt ?? stamp);
    const evidence = this.#telling.evidence(formatRfc3339(since), formatRfc3339(stamp));
    return {
      value: group.silent,
      mark: LIVE,
      evidence,
      summary: ({ labels }) => this.#telling.summary(group, labels, since),
    };
  }

  #keep(group: string, record: SilenceRecord, silent: number): void {
    this.#records.set(group, record);
    this.#wait(group, record, silent);
  }

  #wait(group: string, record: SilenceRecord, silent = this.#watch.group(group).silent): void {
    const due = this.#nextDue(record, silent);
    const turn = Math.ceil(due / 1000);
    if (turn >= (this.#turns.get(group) ?? Infinity)) return;
    this.#turns.set(group, turn);
    this.#waiting.add(turn, group);
  }

  #nextDue({ phase, told }: SilenceRecord, silent: number): number {
    const { forMs, keepFiringForMs } = this.#holding;
    if (phase.state === 'pending') return phase.since + forMs;
    if (phase.state !== 'firing') return Infinity;
    const clears = phase.clearSince === null ? Infinity : phase.clearSince + keepFiringForMs;
    return Math.min(clears, silent === told.silent ? Infinity : told.clock + TOLD_AT_MOST_EVERY_MS);
  }
}

/** Whether it only stays for a while: enough had been heard again before. */
function isClearing(phase: AlertPhase): boolean {
  return phase.state === 'firing' && phase.clearSince !== null;
}
