import { formatRfc3339 } from '@seawall/calendar';
import type {
  Acknowledgement,
  Alert,
  AlertState,
  AlertTopicLevels,
  AlertTransition,
  RuleVersion,
  ThresholdRule,
  WindowAggregate,
} from '@seawall/model';
import type { AcknowledgementRequest } from '@seawall/ports';
import type { WindowResult } from '@seawall/windows';
import { alertId, alertKey } from './alert-identity.ts';
import { step, type AlertEvent, type AlertPhase, type Holding, type Told } from './alert-state-machine.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { Grouping } from './group.ts';
import { holdingMs } from './rule-checks.ts';
import { formatValue, summaryOf } from './summary.ts';
import { thresholdOf, type Threshold } from './threshold.ts';

/** One episode of an alert, from pending or firing until it is over. */
interface Episode {
  readonly alert: Alert;
  readonly levels: AlertTopicLevels;
  /** Epoch ms. */
  readonly startsAt: number;
  /** The mark of the readings that caused its last change. */
  readonly mark: number;
}

/** What is kept of a group. */
interface AlertRecord {
  phase: AlertPhase;
  episode: Episode | null;
  /** The end of the youngest window decided on, early or finally. Epoch ms. */
  decidedEnd: number;
  /** The end of the last window decided on finally. Epoch ms. */
  finalEnd: number;
  /** The latest event time decided at. Epoch ms. */
  decidedAt: number;
  /** The event time its last episode was over at; -Infinity before that. Epoch ms. */
  overAt: number;
}

const FRESH: AlertRecord = {
  phase: { state: 'inactive' },
  episode: null,
  decidedEnd: -Infinity,
  finalEnd: -Infinity,
  decidedAt: -Infinity,
  overAt: -Infinity,
};

/** A transition, and the mark of the readings that caused it. */
export interface Decision {
  readonly transition: AlertTransition;
  readonly mark: number;
}

export type AlertBookState = readonly (readonly [group: string, record: AlertRecord])[];

/** The alerts of one rule version, a group each. */
export class AlertBook {
  readonly #version: RuleVersion;
  readonly #rule: ThresholdRule;
  readonly #grouping: Grouping;
  readonly #directory: DeviceDirectory;
  readonly #threshold: Threshold;
  readonly #holding: Holding;
  readonly #records: Map<string, AlertRecord>;

  constructor(
    version: RuleVersion & { readonly rule: ThresholdRule },
    grouping: Grouping,
    directory: DeviceDirectory,
    saved: AlertBookState = [],
  ) {
    this.#version = version;
    this.#rule = version.rule;
    this.#grouping = grouping;
    this.#directory = directory;
    this.#threshold = thresholdOf(version.rule.when);
    this.#holding = holdingOf(version.rule.when);
    // A state from before a field was there goes on as well.
    this.#records = new Map(saved.map(([group, record]) => [group, { ...FRESH, ...record }]));
  }

  /** @param stamp of the entry that brought the result about, epoch ms */
  decide(result: WindowResult, stamp: number): Decision | null {
    const breaches = this.#threshold.breaches(result.value);
    let record = this.#records.get(result.scope);
    if (record === undefined) {
      // Groups that never breach cost nothing; but early looks need to know which window they have seen.
      if (!breaches && this.#rule.when.early !== true) return null;
      record = { ...FRESH };
      this.#records.set(result.scope, record);
    }
    if (result.end <= record.finalEnd) return null;
    if (result.final) record.finalEnd = result.end;
    if (result.end < record.decidedEnd && !(breaches && this.#stillBegins(record, result))) return null;
    record.decidedEnd = Math.max(record.decidedEnd, result.end);
    record.decidedAt = Math.max(record.decidedAt, result.time);
    const clears = this.#threshold.clears(result.value);
    const event = { kind: 'observed', time: result.time, breaches, clears, told: this.#tell(result.value) } as const;
    return this.#take(result.scope, record, event, stamp, result);
  }

  /**
   * Whether a breach of a window begins an alert although a younger one has been looked at early. What lies before the
   * end of the last episode has been told; what must hold for a time has been broken by the younger window.
   */
  #stillBegins({ phase, overAt }: AlertRecord, { time }: WindowResult): boolean {
    return phase.state === 'inactive' && time > overAt && this.#holding.forMs === 0;
  }

  /** Acknowledges the firing alert of that id, should it be one of these. */
  acknowledge(request: AcknowledgementRequest, stamp: number): Decision | null {
    for (const [group, record] of this.#records) {
      if (record.episode?.alert.id !== request.alertId) continue;
      const event = { kind: 'acknowledged', by: request.by } as const;
      const ack = { by: request.by, at: formatRfc3339(stamp), comment: request.comment };
      return this.#take(group, record, event, stamp, undefined, ack);
    }
    return null;
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
    for (const [group, record] of this.#records) {
      if (record.episode === null || !isOver(group)) continue;
      record.decidedAt = Math.max(record.decidedAt, watermarkOf(group));
      const decision = this.#take(group, record, { kind: 'withdrawn', because }, stamp);
      if (decision !== null) decisions.push(decision);
    }
    return decisions;
  }

  count(state: AlertState): number {
    let count = 0;
    for (const { phase } of this.#records.values()) if (phase.state === state) count++;
    return count;
  }

  save(): AlertBookState {
    return [...this.#records].map(([group, record]) => [group, { ...record }] as const);
  }

  #take(
    group: string,
    record: AlertRecord,
    event: AlertEvent,
    stamp: number,
    result?: WindowResult,
    ack?: Acknowledgement,
  ): Decision | null {
    const from = record.phase.state;
    const { phase, because } = step(record.phase, event, this.#holding);
    // What is over may begin anew; that is another episode.
    const over = phase.state === 'resolved' || phase.state === 'inactive';
    record.phase = over ? { state: 'inactive' } : phase;
    if (because === null) return null;
    const fresh = record.episode ?? this.#begin(group, result!);
    const episode = this.#change(fresh, phase.state, { record, stamp, result, ack, group });
    record.episode = over ? null : episode;
    if (over) record.overAt = record.decidedAt;
    const { alert, levels, mark } = episode;
    return { transition: { from, to: phase.state, alert, because, levels }, mark };
  }

  #begin(group: string, result: WindowResult): Episode {
    const { id, severity, annotations, when } = this.#rule;
    const labels = this.#grouping.labelsOf(group);
    const device = this.#grouping.deviceOf(group);
    const startsAt = result.time;
    const district = device === undefined ? undefined : this.#directory.districtOf(device, startsAt);
    const alert: Alert = {
      id: alertId(id, this.#version.version, labels, startsAt),
      key: alertKey(id, labels),
      revision: 0,
      state: 'pending',
      severity,
      mode: 'actual',
      rule: id,
      summary: '',
      labels,
      annotations: annotations ?? {},
      metric: when.metric,
      unit: aggregateUnit(when.aggregate, this.#directory.unitOf(when.domain, when.metric)),
      value: result.value,
      startsAt: formatRfc3339(startsAt),
      updatedAt: '',
      endsAt: null,
      ack: null,
      silencedBy: [],
      inhibitedBy: [],
      location: device === undefined ? null : this.#directory.locationOf(device),
      url: null,
      evidence: this.#evidence(result),
      corrects: null,
    };
    return { alert, levels: this.#grouping.levelsOf(group, district), startsAt, mark: result.mark };
  }

  #change(
    { alert, levels, startsAt, mark }: Episode,
    to: AlertState,
    { record, stamp, result, ack, group }: Change,
  ): Episode {
    const goesOn = to === 'pending' || to === 'firing';
    const changed: Alert = {
      ...alert,
      revision: alert.revision + 1,
      state: to === 'inactive' ? 'pending' : to,
      updatedAt: formatRfc3339(stamp),
      endsAt: goesOn ? null : formatRfc3339(Math.max(startsAt, record.decidedAt)),
      ack: ack ?? alert.ack,
      ...(result === undefined ? {} : { value: result.value, evidence: this.#evidence(result) }),
      // What is over keeps the sentence it was known by.
      ...(result === undefined || !goesOn ? {} : { summary: this.#summary(alert, result, group) }),
    };
    return { alert: changed, levels, startsAt, mark: result?.mark ?? mark };
  }

  #summary({ unit, labels }: Alert, { value }: WindowResult, group: string): string {
    const subject = this.#grouping.nameOf(group);
    const threshold = this.#threshold.text;
    return summaryOf(this.#rule, { value, unit, labels, threshold, subject });
  }

  #evidence({ start, end, count }: WindowResult): Alert['evidence'] {
    const { domain, aggregate } = this.#rule.when;
    const [windowStart, windowEnd] = [formatRfc3339(start), formatRfc3339(end)];
    return { domain, aggregate, windowStart, windowEnd, count, threshold: this.#threshold.text };
  }

  #tell(value: number): Told {
    const { text, clearText } = this.#threshold;
    const found = () => `${this.#rule.when.aggregate} ${formatValue(value)}`;
    return {
      breach: () => `${found()} ${text}`,
      clear: () => (clearText === null ? `${found()} no longer ${text}` : `${found()} ${clearText}`),
    };
  }
}

/** The UCUM unit of an aggregate, by that of the readings. */
function aggregateUnit(aggregate: WindowAggregate, unit: string | null): string | null {
  return aggregate === 'rate' && unit !== null ? `${unit}/s` : unit;
}

interface Change {
  readonly record: AlertRecord;
  readonly stamp: number;
  readonly result: WindowResult | undefined;
  readonly ack: Acknowledgement | undefined;
  readonly group: string;
}

function holdingOf(when: ThresholdRule['when']): Holding {
  return {
    forMs: holdingMs(when.for ?? '0s') ?? 0,
    forText: when.for ?? '0s',
    keepFiringForMs: holdingMs(when.keepFiringFor ?? '0s') ?? 0,
    keepFiringForText: when.keepFiringFor ?? '0s',
  };
}
