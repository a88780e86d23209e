import { ReadingBatchBuilder, UNDESCRIBED, type Series } from '@seawall/model';
import { Picks } from './picks.ts';
import { bySeries } from './series-runs.ts';
import { WindowSet } from './window-set.ts';
import type { WindowInput, WindowResult, WindowSetState, WindowTiming, WindowView } from './window-types.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** A set with one view, in one. */
export type Windows = WindowView & Partial<WindowTiming>;

export const TIMING: WindowTiming = {
  timeZone: 'UTC',
  delayMs: 0,
  idleAfterMs: 5 * MINUTE,
  allowedLatenessMs: 0,
};

/** A set with one view, which is its view 0. */
export function windowsOf(windows: Windows, saved?: WindowSetState): WindowSet {
  const { timeZone, delayMs, idleAfterMs, allowedLatenessMs, maxHeldReadings, ...view } = { ...TIMING, ...windows };
  const timing = { timeZone, delayMs, idleAfterMs, allowedLatenessMs };
  const set = new WindowSet(maxHeldReadings === undefined ? timing : { ...timing, maxHeldReadings }, saved);
  set.view(view);
  return set;
}

/** One reading, for tests: the scope it counts in, its device, event time and value. */
export type Row = readonly [scope: string, device: string, eventTime: number, value: number];

const known = new Map<string, Series>();

function seriesOf(device: string): Series {
  const series = known.get(device) ?? { domain: 'environment', device, metric: 'pm25' };
  known.set(device, series);
  return series;
}

const members = new WeakMap<WindowSet, Map<string, number>>();

/** Asks once, as routers do: to ask shows the set that something is about to change. */
function memberOf(windows: WindowSet, scope: string, device: string): number {
  const asked = members.get(windows) ?? new Map<string, number>();
  members.set(windows, asked);
  const key = JSON.stringify([scope, device]);
  const member = asked.get(key) ?? windows.member(scope, device);
  asked.set(key, member);
  return member;
}

/** A batch of rows as an input of the set. Each device belongs to one scope of the batch. */
export function readings(windows: WindowSet, rows: readonly Row[], clock = 0, mark = 0): WindowInput {
  const builder = new ReadingBatchBuilder();
  const scopes = new Map<Series, string>();
  for (const [scope, device, eventTime, value] of rows) {
    builder.add(seriesOf(device), UNDESCRIBED, eventTime, value, 0);
    scopes.set(seriesOf(device), scope);
  }
  const runs = bySeries(builder.take());
  const picks = new Picks();
  runs.batch.series.forEach((series, i) => picks.add(memberOf(windows, scopes.get(series)!, series.device), i));
  return { kind: 'readings', runs, picks, mark, clock, stamp: clock };
}

export function tick(clock: number): WindowInput {
  return { kind: 'tick', clock, stamp: clock };
}

/** "a 0-1: 12 (3)": scope, window in minutes, value and count; "again 2" for a revision, and what it replaces. */
export function shown({ scope, start, end, value, count, final, revision, replaces }: WindowResult): string {
  const revised = revision > 1 ? ` again ${revision}` : '';
  const instead = replaces === undefined ? '' : ` for ${replaces.map((each) => each / MINUTE).join(', ')}`;
  return `${scope} ${start / MINUTE}-${end / MINUTE}: ${value} (${count})${final ? revised : ' early'}${instead}`;
}
