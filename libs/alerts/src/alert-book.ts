import { formatRfc3339 } from '@seawall/calendar';
import type { AlertState, RuleVersion, ThresholdRule, WindowAggregate } from '@seawall/model';
import type { AcknowledgementRequest } from '@seawall/ports';
import type { WindowResult } from '@seawall/windows';
import { AlertRecords } from './alert-records.ts';
import { step, type AlertEvent, type AlertPhase, type Holding } from './alert-state-machine.ts';
import { AlertWriter, isAnnounced, type Decision, type Episode, type Finding } from './alert-writer.ts';
import { forgetBy, rewind, type DecidedWindows } from './decided-windows.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { Grouping } from './group.ts';
import { holdingOf } from './holding.ts';
import { LIVE, ORIGINS } from './origin-mark.ts';
import { replay, settled, type Replayed } from './replay.ts';
import { holdingMs } from './rule-checks.ts';
import { formatValue, summaryOf } from './summary.ts';
import { thresholdOf, type Threshold } from './threshold.ts';

const HALF_HOUR_MS = 1_800_000;

/** What is kept of a group. Immutable, so that a saved state stays as it was. */
interface WindowAlertRecord {
  readonly phase: AlertPhase;
  readonly episode: Episode | null;
  /** The end of the youngest window decided on, early or finally. Epoch ms. */
  readonly decidedEnd: number;
  /** The end of the last window decided on finally. Epoch ms. */
  readonly finalEnd: number;
  /** The latest event time decided at. Epoch ms. */
  readonly decidedAt: number;
  /** The event time its last episode was over at; -Infinity before that. Epoch ms. */
  readonly overAt: number;
  /** Where its last episode began; -Infinity before that. Epoch ms. */
  readonly startedAt: number;
  /** Windows decided on finally that a late reading may still revise. */
  readonly windows: DecidedWindows;
  /** The last episode, as long as a revision may show that it was not over. */
  readonly ended: Episode | null;
}

const FRESH: WindowAlertRecord = {
  phase: { state: 'inactive' },
  episode: null,
  decidedEnd: -Infinity,
  finalEnd: -Infinity,
  decidedAt: -Infinity,
  overAt: -Infinity,
  startedAt: -Infinity,
  windows: [],
  ended: null,
};

const NONE: readonly Decision[] = [];

export type AlertBookState = readonly (readonly [group: string, record: WindowAlertRecord])[];

/** The alerts of one version of a rule over windows, a group each. */
export class AlertBook {
  readonly #rule: ThresholdRule;
  readonly #grouping: Grouping;
  readonly #writer: AlertWriter;
  readonly #threshold: Threshold;
  readonly #holding: Holding;
  readonly #latenessMs: number;
  /** Where windows end closer to each other than readings may be late, one that is revised need not be the last. */
  readonly #remembersAll: boolean;
  readonly #records: AlertRecords<WindowAlertRecord>;

  /** @param allowedLatenessMs how far behind the watermark a reading still revises windows */
  constructor(
    version: RuleVersion & { readonly rule: ThresholdRule },
    grouping: Grouping,
    directory: DeviceDirectory,
    saved: AlertBookState = [],
    allowedLatenessMs = 0,
  ) {
    const { when } = version.rule;
    this.#rule = version.rule;
    this.#grouping = grouping;
    const unit = () => aggregateUnit(when.aggregate, directory.unitOf(when.domain, when.metric));
    this.#writer = new AlertWriter(version, grouping, directory, { metric: when.metric, unit });
    this.#threshold = thresholdOf(when);
    this.#holding = holdingOf(when);
    this.#latenessMs = allowedLatenessMs;
    this.#remembersAll = leastApartMs(when) < allowedLatenessMs;
    // A state from before a field was there goes on as well.
    const records = saved.map(([group, record]) => {
      const { startedAt = record.episode?.startsAt ?? -Infinity }: Partial<WindowAlertRecord> = record;
      return [group, { ...FRESH, ...record, startedAt }] as const;
    });
    this.#records = new AlertRecords(this.#writer, records);
  }

  /** @param stamp of the entry that brought the result about, epoch ms */
  decide(result: WindowResult, stamp: number): readonly Decision[] {
    const breaches = this.#threshold.breaches(result.value);
    const record = this.#records.get(result.scope) ?? FRESH;
    // Groups that never breach cost nothing; but early looks need to know which window they have seen.
    if (record === FRESH && !breaches && !this.#remembersAll && this.#rule.when.early !== true) return NONE;
    if (this.#isRevision(record, result)) return this.#revise(record, result, stamp);
    if (result.end <= record.finalEnd) return [];
    return this.#observe(record, result, stamp);
  }

  /** Acknowledges the firing alert of that id, should it be one of these. */
  acknowledge(request: AcknowledgementRequest, stamp: number): Decision | null {
    return this.#records.acknowledge(request, stamp);
  }

  /**
   * Ends alerts that no value ends: those of the groups asked for, or all.
   * @param watermarkOf of a group, epoch ms of event time
   */
  withdraw(
    because: string,
    stamp: number,
    watermarkOf: (group: string) => number,
    isOver: (group: string) => boolean = () => true,
  ): Decision[] {
    const decisions: Decision[] = [];
    for (const [group, record, alert] of [...this.#records.active()]) {
      if (!isOver(group)) continue;
      const decidedAt = Math.max(record.decidedAt, watermarkOf(group));
      const { phase } = step(record.phase, { kind: 'withdrawn', because }, this.#holding);
      const change = { from: record.phase.state, to: phase.state, because, stamp, at: decidedAt };
      decisions.push(this.#writer.change(alert, change).decision);
      const over = { phase: settled(phase), episode: null, decidedAt, overAt: decidedAt, windows: [], ended: null };
      this.#records.set(group, { ...record, ...over });
    }
    return decisions;
  }

  count(state: AlertState): number {
    return this.#records.count(state);
  }

  /** The groups that have an alert. */
  groups(): ReadonlySet<string> {
    return this.#records.groups();
  }

  /** Changes whenever another group has an alert. */
  get begun(): number {
    return this.#records.begun;
  }

  save(): AlertBookState {
    return this.#records.save();
  }

  #observe(record: WindowAlertRecord, result: WindowResult, stamp: number): readonly Decision[] {
    const { scope: group, final, end, time } = result;
    const noted = final ? this.#noteFinal(record, end) : record;
    if (end < record.decidedEnd && !this.#stillBegins(record, result)) {
      this.#records.set(group, noted);
      return [];
    }
    const from = record.phase;
    const { phase, because } = step(from, this.#eventOf(result), this.#holding);
    const isLatest = final && end >= record.decidedEnd;
    this.#records.set(group, {
      ...noted,
      phase: settled(phase),
      decidedEnd: Math.max(record.decidedEnd, end),
      decidedAt: Math.max(record.decidedAt, time),
      windows: isLatest && this.#latenessMs > 0 ? [...noted.windows, { result, before: from }] : noted.windows,
    });
    if (because === null) return this.#announce(record.episode, phase, result, stamp);
    const why = isRevised(result) ? corrected(because) : because;
    return [this.#tell(group, { from: from.state, to: phase.state, because: why, result, startsAt: time, stamp })];
  }

  /** An alert that fires and of which nobody was told is news once a live window keeps it firing. */
  #announce(episode: Episode | null, { state }: AlertPhase, result: WindowResult, stamp: number): readonly Decision[] {
    if (state !== 'firing' || result.mark !== LIVE || episode === null || isAnnounced(episode)) return NONE;
    const because = `${this.#found(result)}, and it is not over: told now, since it fired by ${ORIGINS[episode.mark]}`;
    return [this.#tell(result.scope, { from: state, to: state, because, result, stamp })];
  }

  #noteFinal(record: WindowAlertRecord, end: number): WindowAlertRecord {
    const finalEnd = Math.max(record.finalEnd, end);
    const revisableFrom = finalEnd - this.#latenessMs;
    const windows = forgetBy(record.windows, revisableFrom);
    return { ...record, finalEnd, windows, ended: record.overAt <= revisableFrom ? null : record.ended };
  }

  /**
   * Whether a breach of a window begins an alert although a younger one has been looked at early. What lies before the
   * end of the last episode has been told; what must hold for a time has been broken by the younger window.
   */
  #stillBegins({ phase, overAt }: WindowAlertRecord, { value, time }: WindowResult): boolean {
    return this.#threshold.breaches(value) && phase.state === 'inactive' && time > overAt && this.#holding.forMs === 0;
  }

  #isRevision({ windows, finalEnd }: WindowAlertRecord, result: WindowResult): boolean {
    if (!result.final || windows.length === 0 || result.end <= finalEnd - this.#latenessMs) return false;
    const known = windows.find((each) => each.result.start === result.start)?.result;
    // After a change of the time zone windows begin anew, and what comes of one then is but a part of it.
    if (known !== undefined && result.revision <= known.revision) return false;
    return known !== undefined || result.replaces !== undefined || result.end <= finalEnd;
  }

  /** Decides anew from the revised window on, and tells what is otherwise than it was said to be. */
  #revise(record: WindowAlertRecord, result: WindowResult, stamp: number): readonly Decision[] {
    const { scope: group, end, time } = result;
    // What early looks at younger windows have decided is not replayed.
    if (end < record.decidedEnd && this.#rule.when.early === true) return this.#observe(record, result, stamp);
    const { kept, before = record.phase, again } = rewind(record.windows, result);
    const replayed = replay(before, again, (each) => this.#eventOf(each), this.#holding);
    this.#records.set(group, {
      ...this.#noteFinal(record, end),
      phase: replayed.phase,
      decidedEnd: Math.max(record.decidedEnd, end),
      decidedAt: Math.max(record.decidedAt, time),
      windows: [...kept, ...replayed.windows],
    });
    const moved = isLater(replayed.begunAt, record.phase);
    if (record.phase.state !== replayed.phase.state || moved) {
      return this.#correct(record.phase.state, replayed, moved, result, stamp);
    }
    const youngest = { ...again.at(-1)!, mark: Math.max(result.mark, replayed.mark) };
    return this.#announce(record.episode, replayed.phase, youngest, stamp);
  }

  /** What was announced is not unsaid: it ends by a transition of its own, and what should have been begins now. */
  #correct(from: AlertState, replayed: Replayed, moved: boolean, result: WindowResult, stamp: number): Decision[] {
    const { phase, changed, begunAt = result.time } = replayed;
    const { scope: group } = result;
    const to = phase.state;
    const ends = from === 'firing' || to === 'inactive' || moved;
    const decisions: Decision[] = [];
    if (ends) {
      const over = from === 'firing' ? 'resolved' : 'inactive';
      const because =
        to === 'inactive' && changed ? changed.because : `${this.#found(result)} not ${this.#threshold.text}`;
      const at = (to === 'inactive' && changed?.result.time) || result.time;
      decisions.push(this.#tell(group, { from, to: over, because: corrected(because), result, at, stamp }));
    }
    if (to === 'inactive') return decisions;
    // A live reading among those that make it so is news.
    const decisive = { ...(changed?.result ?? result), mark: Math.max(result.mark, replayed.mark) };
    const because = changed?.because ?? `${this.#found(result)}, so it is not over`;
    const telling = {
      to,
      because: corrected(because),
      result: decisive,
      startsAt: begunAt,
      stamp,
      revised: result.time,
    };
    decisions.push(this.#tell(group, { from: ends ? 'inactive' : from, ...telling }));
    return decisions;
  }

  /** Writes a change of a group's alert, which begins with it or has been there. */
  #tell(group: string, { startsAt = 0, revised, result, ...change }: Telling): Decision {
    const record = this.#records.get(group)!;
    const finding = this.#finding(group, result);
    const begin = () => {
      // What ended after the revised window is corrected.
      const ended = revised !== undefined && record.overAt >= revised ? record.ended : null;
      // Lives of one alert follow each other, also where a window comes late that had no readings before.
      const follows = Math.max(startsAt, record.overAt);
      // An id is known by its beginning, so no two lives have the same: early looks may all be of one event time.
      const begins = ended === null ? Math.max(follows, record.startedAt + 1) : follows;
      return this.#writer.begin(group, begins, finding, ended);
    };
    const at = change.at ?? record.decidedAt;
    const { episode, decision } = this.#writer.change(record.episode ?? begin(), { ...change, at, finding });
    const isOver = change.to === 'resolved' || change.to === 'inactive';
    const over = {
      episode: null,
      overAt: Math.max(at, episode.startsAt),
      ended: this.#latenessMs > 0 ? episode : null,
    };
    this.#records.set(group, { ...record, startedAt: episode.startsAt, ...(isOver ? over : { episode }) });
    return decision;
  }

  #finding(group: string, { value, start, end, count, mark }: WindowResult): Finding {
    const { domain, aggregate } = this.#rule.when;
    const threshold = this.#threshold.text;
    const [windowStart, windowEnd] = [formatRfc3339(start), formatRfc3339(end)];
    const subject = this.#grouping.nameOf(group);
    return {
      value,
      mark,
      evidence: { domain, aggregate, windowStart, windowEnd, count, threshold },
      summary: ({ unit, labels }) => summaryOf(this.#rule, { value, unit, labels, threshold, subject }),
    };
  }

  #eventOf(result: WindowResult): AlertEvent {
    const { text, clearText } = this.#threshold;
    const told = {
      breach: () => `${this.#found(result)} ${text}`,
      clear: () => `${this.#found(result)} ${clearText ?? `no longer ${text}`}`,
    };
    const [breaches, clears] = [this.#threshold.breaches(result.value), this.#threshold.clears(result.value)];
    return { kind: 'observed', time: result.time, breaches, clears, told };
  }

  #found({ value }: WindowResult): string {
    return `${this.#rule.when.aggregate} ${formatValue(value)}`;
  }
}

interface Telling {
  readonly from: AlertState;
  readonly to: AlertState;
  readonly because: string;
  readonly result: WindowResult;
  readonly stamp: number;
  /** When it was over; the latest event time decided at unless given. Epoch ms. */
  readonly at?: number;
  /** Of an alert that begins with it, epoch ms. */
  readonly startsAt?: number;
  /** The time of the window whose revision brings it about, should it be one that corrects. Epoch ms. */
  readonly revised?: number;
}

/**
 * How close to each other windows of a group may end, at least: one that ends at midnight may be shorter than others, but
 * days, also those on which clocks are put forward or back, are whole half hours.
 */
function leastApartMs({ session, window, every = window }: ThresholdRule['when']): number {
  const lengthMs = holdingMs(session ?? every!) ?? Infinity;
  return session !== undefined || lengthMs === Infinity ? lengthMs : greatestCommon(lengthMs, HALF_HOUR_MS);
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? a : greatestCommon(b, a % b);
}

/** Whether what is pending has become true later than was thought. */
function isLater(begunAt: number | undefined, phase: AlertPhase): boolean {
  return phase.state === 'pending' && begunAt !== undefined && begunAt > phase.since;
}

function isRevised({ revision }: WindowResult): boolean {
  return revision > 1;
}

function corrected(because: string): string {
  return `corrected by a late reading: ${because}`;
}

/** The UCUM unit of an aggregate, by that of the readings. */
function aggregateUnit(aggregate: WindowAggregate, unit: string | null): string | null {
  return aggregate === 'rate' && unit !== null ? `${unit}/s` : unit;
}
