import { durationMs } from '@seawall/calendar';
import { compileWhere, UNDESCRIBED, type AbsenceRule, type Labels, type RuleVersion } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';
import {
  AbsenceWatch,
  type AbsenceWatchState,
  type Moment,
  type WatchedGroup,
  type WatchedPlace,
} from './absence-watch.ts';
import type { Decision } from './alert-writer.ts';
import { NO_COUNTS, type CompiledRule, type Intake } from './compiled-rule.ts';
import type { DeviceDirectory } from './device-directory.ts';
import { Grouping } from './group.ts';
import { LIVE } from './origin-mark.ts';
import { SilenceAlerts, type SilenceAlertsState } from './silence-alerts.ts';

export type AbsenceRuleVersion = RuleVersion & { readonly rule: AbsenceRule };

/** Plain data. */
export interface AbsenceRuleState {
  readonly watch: AbsenceWatchState;
  readonly alerts: SilenceAlertsState;
}

export interface CompiledAbsenceRule extends CompiledRule {
  /** A device was described or changed its status; the directory knows of it already. */
  deviceChanged(change: DeviceChange, clock: number, stamp: number): readonly Decision[];
  /** The hub runs again: what it was down for is held against nobody. */
  hubStarted(clock: number): void;
  /** Ticks come again after some were missing: the same. */
  hubGoesOn(clock: number): void;
}

/**
 * A rule on silence at work. Only live readings count as hearing, by their arrival; a device is watched from its first
 * one on, or, having declared an interval, from its description.
 * @param now when the rule begins: devices that are described already are counted from here. Not asked for with `saved`
 */
export function compileAbsenceRule(
  version: AbsenceRuleVersion,
  directory: DeviceDirectory,
  now: Moment,
  saved?: AbsenceRuleState,
): CompiledAbsenceRule {
  const { when } = version.rule;
  const { domain, metric, where } = when;
  const grouping = new Grouping(version.rule);
  const watch = new AbsenceWatch(saved?.watch);
  const alerts = new SilenceAlerts(version, grouping, directory, watch, saved?.alerts);
  const selected = compileWhere(where ?? {});
  const afterMs = when.absent.after === undefined ? undefined : durationMs(when.absent.after);
  let picked: number[] = [];

  /** By what the directory says of a device now; null if it isn't to be watched. */
  function placeOf(device: string, labels: Labels = UNDESCRIBED): WatchedPlace | null {
    const intervalMs = directory.intervalMsOf(device);
    const allowedMs = intervalMs === undefined ? afterMs : intervalMs * when.absent.missed;
    const series = { domain, device, metric: metric ?? '' };
    const current = directory.labelsNow(device) ?? labels;
    if (allowedMs === undefined || directory.isOutOfService(device) || !selected(series, current)) return null;
    return { group: grouping.keyOf(series, current), allowedMs };
  }

  function isExpected(device: string): boolean {
    return directory.intervalMsOf(device) !== undefined && directory.describes(device, domain, metric);
  }

  function watchDescribed(device: string, at: Moment): void {
    const place = isExpected(device) ? placeOf(device) : null;
    if (place !== null) watch.join(device, place, at);
  }

  /** A device that sends once an interval may have done so while nobody listened. */
  function timeFor(device: string): number {
    return directory.intervalMsOf(device) ?? afterMs ?? 0;
  }

  function whyNotHere(device: string): string {
    return directory.isOutOfService(device) ? 'is out of service' : 'is not watched here any more';
  }

  function judgeAll(groups: Iterable<WatchedGroup>, at: Moment): Decision[] {
    return [...groups].flatMap((group) => alerts.judge(group, at));
  }

  const intake: Intake = {
    selection: { domain, ...(metric === undefined ? {} : { metric }), ...(where === undefined ? {} : { where }) },
    select: ({ device }, labels) => watch.find(device) ?? watch.join(device, placeOf(device, labels)),
    pick: (member) => picked.push(member),
    push({ mark, clock, stamp }) {
      const heard = mark === LIVE ? picked : [];
      picked = [];
      const groups = new Set<WatchedGroup>();
      for (const member of heard) {
        const group = watch.heard(member, { clock, stamp });
        if (group !== undefined) groups.add(group);
      }
      return groups.size === 0 ? [] : judgeAll(groups, { clock, stamp });
    },
  };

  if (saved === undefined) for (const device of directory.names()) watchDescribed(device, now);

  return {
    version,
    alerts,
    intake,
    tick(clock, stamp) {
      const groups = watch.tick(clock);
      for (const group of alerts.tick(clock)) groups.add(group);
      return groups.size === 0 ? [] : judgeAll(groups, { clock, stamp });
    },
    deviceChanged({ device, domain: published, description, labelSpans }: DeviceChange, clock, stamp) {
      if (published === undefined && description === undefined && labelSpans === undefined) return [];
      const at = { clock, stamp };
      const member = watch.find(device);
      if (member === undefined) {
        watchDescribed(device, at);
        return [];
      }
      const { left, joined, isForgiven } = watch.move(member, placeOf(device), at, isExpected(device));
      const because = `${device} ${isForgiven === true ? 'may be silent for longer now' : whyNotHere(device)}`;
      return [...(left ? alerts.judge(left, at, because) : []), ...(joined ? alerts.judge(joined, at) : [])];
    },
    hubStarted: (clock) => watch.giveTime(clock, timeFor),
    hubGoesOn: (clock) => watch.giveTimeOnce(clock, timeFor),
    counts: () => NO_COUNTS,
    withdraw: (because, stamp) => alerts.withdraw(because, stamp),
    save: (): AbsenceRuleState => ({ watch: watch.save(), alerts: alerts.save() }),
  };
}
