import type { QuerySource } from '@seawall/model';
import type { TierPlan } from '@seawall/query';

/** From the coarsest. */
export const SOURCES: readonly QuerySource[] = ['1h', '1m', 'raw'];

/** What a series is answered by from one source, in whole microseconds. */
export interface TierStretch {
  readonly series: number;
  readonly group: number;
  readonly from: number;
  readonly to: number;
}

/** A plan's stretches of one source, by group. Those that follow each other are one. */
export function stretchesByGroup(tiers: TierPlan, source: QuerySource): ReadonlyMap<number, readonly TierStretch[]> {
  const { series, group, from, to } = tiers.parts[source];
  const byGroup = new Map<number, TierStretch[]>();
  for (let i = 0; i < series.length; i++) {
    const own = byGroup.get(group[i]!) ?? [];
    byGroup.set(group[i]!, own);
    const last = own.at(-1);
    const stretch = { series: series[i]!, group: group[i]!, from: from[i]!, to: to[i]! };
    if (last?.series === stretch.series && last.to === stretch.from) own[own.length - 1] = { ...last, to: stretch.to };
    else own.push(stretch);
  }
  return byGroup;
}

/** Stretches of several series that begin and end at the same moments; the largest sets first. */
export function alikeOf(stretches: readonly TierStretch[]): readonly (readonly TierStretch[])[] {
  const alike = new Map<string, TierStretch[]>();
  for (const stretch of stretches) {
    const key = `${stretch.from} ${stretch.to}`;
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [stretch]);
    else others.push(stretch);
  }
  return [...alike.values()].sort((a, b) => b.length - a.length);
}

/** A stretch of time in which stretches are read together. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly stretches: readonly TierStretch[];
}

/** Windows that hold the stretches, at most so many: then some read what lies between stretches as well. */
export function windowsOf(stretches: readonly TierStretch[], most: number): readonly Window[] {
  const windows: { from: number; to: number; stretches: TierStretch[] }[] = [];
  for (const stretch of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = windows.at(-1);
    if (last !== undefined && stretch.from <= last.to) {
      last.to = Math.max(last.to, stretch.to);
      last.stretches.push(stretch);
    } else windows.push({ from: stretch.from, to: stretch.to, stretches: [stretch] });
  }
  while (windows.length > most) {
    let at = 0;
    for (let i = 1; i < windows.length - 1; i++)
      if (windows[i + 1]!.from - windows[i]!.to < windows[at + 1]!.from - windows[at]!.to) at = i;
    const [next] = windows.splice(at + 1, 1);
    windows[at]!.to = next!.to;
    windows[at]!.stretches.push(...next!.stretches);
  }
  return windows;
}
