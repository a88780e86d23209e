import { formatRfc3339 } from '@seawall/calendar';
import type {
  Acknowledgement,
  Alert,
  AlertEvidence,
  AlertState,
  AlertTopicLevels,
  AlertTransition,
  Rule,
  RuleVersion,
} from '@seawall/model';
import { alertId, alertKey } from './alert-identity.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { Grouping } from './group.ts';
import { LIVE } from './origin-mark.ts';

/** One episode of an alert, from pending or firing until it is over. Immutable. */
export interface Episode {
  readonly alert: Alert;
  readonly levels: AlertTopicLevels;
  /** Epoch ms. */
  readonly startsAt: number;
  /** The mark of the readings that caused its last change. */
  readonly mark: number;
  /** Whether it was told as news that it fires. Not there in states from before it was kept; see `isAnnounced`. */
  readonly announced?: boolean;
}

/** Whether it was told as news that it fires: whoever was told is told of all that becomes of it, whatever brings it about. */
export function isAnnounced({ announced, alert }: Episode): boolean {
  return announced ?? alert.state !== 'pending';
}

/** A transition, and the mark that says whom it is told. */
export interface Decision {
  readonly transition: AlertTransition;
  readonly mark: number;
}

/** What a change was decided by, as the alert says it. */
export interface Finding {
  readonly value: number;
  readonly evidence: AlertEvidence;
  readonly mark: number;
  /** The sentence of an alert that goes on; asked only for those. */
  readonly summary: (alert: Alert) => string;
}

export interface Change {
  readonly from: AlertState;
  readonly to: AlertState;
  readonly because: string;
  /** Of the entry that brought it about, epoch ms. */
  readonly stamp: number;
  /** When it was over, should it be over. Epoch ms. */
  readonly at: number;
  readonly finding?: Finding | undefined;
  readonly ack?: Acknowledgement | undefined;
}

/** What an alert measures. */
export interface Measured {
  /** The metric's name; empty for an alert on all that a device sends. */
  readonly metric: string;
  readonly unit: () => string | null;
}

/** Writes the alerts of one rule version. */
export class AlertWriter {
  readonly #version: RuleVersion & { readonly rule: Rule };
  readonly #grouping: Grouping;
  readonly #directory: DeviceDirectory;
  readonly #measured: Measured;

  constructor(
    version: RuleVersion & { readonly rule: Rule },
    grouping: Grouping,
    directory: DeviceDirectory,
    measured: Measured,
  ) {
    this.#version = version;
    this.#grouping = grouping;
    this.#directory = directory;
    this.#measured = measured;
  }

  /**
   * A life begins, or, should it be the `ended` one's by its id, that one goes on. One that corrects what was announced is
   * announced as well.
   * @param startsAt epoch ms
   * @param ended a life of the group whose end is corrected by this, if there is one
   */
  begin(group: string, startsAt: number, finding: Finding, ended: Episode | null = null): Episode {
    const { version, rule } = this.#version;
    const labels = this.#grouping.labelsOf(group);
    const id = alertId(rule.id, version, labels, startsAt);
    if (ended?.alert.id === id) return ended;
    const device = this.#grouping.deviceOf(group);
    const district = device === undefined ? undefined : this.#directory.districtOf(device, startsAt);
    const alert: Alert = {
      id,
      key: alertKey(rule.id, labels),
      revision: 0,
      state: 'pending',
      severity: rule.severity,
      mode: 'actual',
      rule: rule.id,
      summary: '',
      labels,
      annotations: rule.annotations ?? {},
      metric: this.#measured.metric,
      unit: this.#measured.unit(),
      value: finding.value,
      startsAt: formatRfc3339(startsAt),
      updatedAt: '',
      endsAt: null,
      ack: null,
      silencedBy: [],
      inhibitedBy: [],
      location: device === undefined ? null : this.#directory.locationOf(device),
      url: null,
      evidence: finding.evidence,
      corrects: ended?.alert.id ?? null,
    };
    const levels = this.#grouping.levelsOf(group, district);
    return { alert, levels, startsAt, mark: finding.mark, announced: ended !== null && isAnnounced(ended) };
  }

  /** One change of an episode. @returns the episode after it, and the transition */
  change(episode: Episode, change: Change): { readonly episode: Episode; readonly decision: Decision } {
    const { from, to, because } = change;
    const changed = changedEpisode(episode, change);
    const { alert, levels, mark } = changed;
    return { episode: changed, decision: { transition: { from, to, alert, because, levels }, mark } };
  }
}

function changedEpisode(episode: Episode, change: Change): Episode {
  const mark = markOf(episode, change);
  const announced = isAnnounced(episode) || (change.to === 'firing' && mark === LIVE);
  return { ...episode, alert: changedAlert(episode, change), mark, announced };
}

/** Nobody need hear that it is over of whoever was not told that it had begun. */
function markOf(episode: Episode, { to, finding, ack }: Change): number {
  if (isAnnounced(episode) || ack !== undefined) return LIVE;
  return to === 'resolved' ? episode.mark : (finding?.mark ?? episode.mark);
}

function changedAlert({ alert, startsAt }: Episode, { to, stamp, at, finding, ack }: Change): Alert {
  const goesOn = to === 'pending' || to === 'firing';
  return {
    ...alert,
    revision: alert.revision + 1,
    state: to === 'inactive' ? 'pending' : to,
    updatedAt: formatRfc3339(stamp),
    endsAt: goesOn ? null : formatRfc3339(Math.max(startsAt, at)),
    ack: ack ?? alert.ack,
    ...(finding === undefined ? {} : { value: finding.value, evidence: finding.evidence }),
    // What is over keeps the sentence it was known by.
    ...(finding === undefined || !goesOn ? {} : { summary: finding.summary(alert) }),
  };
}
