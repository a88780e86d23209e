import type { RuleVersion, ThresholdRule } from '@seawall/model';
import type { WindowView } from '@seawall/windows';
import { AlertBook, type AlertBookState } from './alert-book.ts';
import { NO_COUNTS, type CompiledRule, type RuleCounts } from './compiled-rule.ts';
import type { DeviceDirectory } from './device-directory.ts';
import { Grouping } from './group.ts';
import { LeftGroups } from './left-groups.ts';
import type { WindowIntake } from './window-intake.ts';
import type { WindowIntakes } from './window-intakes.ts';

export type WindowRuleVersion = RuleVersion & { readonly rule: ThresholdRule };

/** Plain data. */
export interface WindowRuleState {
  readonly alerts: AlertBookState;
  /** What its windows had counted before those it has now. */
  readonly before: RuleCounts;
}

export interface WindowRule extends CompiledRule {
  readonly version: WindowRuleVersion;
  readonly intake: WindowIntake;
  save(): WindowRuleState;
  /** What it goes on from where its windows begin anew. */
  saveWithoutWindows(): WindowRuleState;
}

/**
 * A rule over windows at work.
 * @throws RangeError if the rule's durations make no windows; `parseRule` has refused such rules
 */
export function compileWindowRule(
  version: WindowRuleVersion,
  directory: DeviceDirectory,
  intakes: WindowIntakes,
  intake: WindowIntake,
  saved?: WindowRuleState,
): WindowRule {
  const { rule } = version;
  const grouping = new Grouping(rule);
  const before = saved?.before ?? NO_COUNTS;
  const { windows } = intake;
  const alerts = new AlertBook(version, grouping, directory, saved?.alerts, intakes.timing.allowedLatenessMs);
  const { view, leave } = intake.join(viewOf(rule), alerts);
  const left = new LeftGroups(rule, grouping, directory, windows, view, alerts);
  const watermarkOf = (group: string) => windows.watermarkOf(group);
  const counts = (): RuleCounts => ({
    late: before.late + windows.lateReadings,
    revised: before.revised + windows.revisedWindows,
    pushedOn: before.pushedOn + windows.pushedOn,
  });

  return {
    version,
    alerts,
    intake,
    tick(_, stamp) {
      const groups = left.take();
      if (groups.size === 0) return [];
      const because = 'the rule selects no device for it any more';
      return alerts.withdraw(because, stamp, watermarkOf, (group) => groups.has(group));
    },
    counts,
    withdraw(because, stamp) {
      const over = alerts.withdraw(because, stamp, watermarkOf);
      leave();
      intakes.release(intake);
      return over;
    },
    save: () => ({ alerts: alerts.save(), before }),
    saveWithoutWindows: () => ({ alerts: alerts.save(), before: counts() }),
  };
}

/** The windows it asks for. */
export function viewOf({ when: { aggregate, window, every, session, early = false } }: ThresholdRule): WindowView {
  if (session !== undefined) return { aggregate, session, early };
  return { aggregate, window: window!, early, ...(every === undefined ? {} : { every }) };
}
