import {
  compareRaised,
  loadScenario,
  RULES_FOLDER,
  runScenario,
  type Episode,
  type Scenario,
} from '@seawall/devices-sim';
import type { JournalEntry } from '@seawall/ports';
import { createHash } from 'node:crypto';
import { getJson } from '../support/http.ts';
import { readJournal, transitionsIn } from '../support/journal-reader.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

export interface Life {
  readonly scenario: string;
  readonly devices: number;
  readonly seed: number;
  /** Event time (epoch ms) that the scenario's offsets count from. */
  readonly start: number;
  /** Lives only this part of the scenario (offsets, ms of event time); all of it unless given. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Of the hub, besides its rules, and of Node before it. */
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
}

export interface Lived {
  readonly scenario: Scenario;
  readonly readings: number;
  readonly seconds: number;
  readonly episodes: readonly Episode[];
  /** Sentences where the alerts differ from what the scenario's file says; none is good. */
  readonly differences: readonly string[];
  /** One line a transition: all of it but stamps. */
  readonly transitions: readonly string[];
  /** Of the set of (series, event time, value); the order of arrival is left out. */
  readonly readingsHash: string;
  /** Distinct readings in the journal. */
  readonly stored: number;
}

/** For those who want to see more of a life than its journal. */
export interface Onlookers {
  /** Once the hub runs. @returns called when it has read everything, before it stops */
  readonly whileItRuns?: (hub: RunningHub) => () => Promise<void>;
  /** Once it has stopped. */
  readonly afterwards?: (dataDir: string) => Promise<void>;
}

/** Lets a city live through a scenario at a hub of its own, as fast as it goes, and reads what its journal then holds. */
export async function liveThrough(life: Life, onlookers: Onlookers = {}): Promise<Lived> {
  const dataDir = await makeTempDir(`scenario-${life.scenario}`);
  const began = performance.now();
  try {
    const scenario = await loadScenario(life.scenario);
    const resumeFrom = life.start + (life.fromMs ?? 0);
    const until = life.start + Math.min(life.toMs ?? Infinity, scenario.duration);
    const args = ['--rules-dir', RULES_FOLDER, '--log-level', 'warn', ...(life.args ?? [])];
    const hub = await startHub({ dataDir, args, nodeArgs: life.nodeArgs ?? [] });
    try {
      const seen = onlookers.whileItRuns?.(hub);
      const { readings } = await runScenario({ ...life, scenario, url: hub.mqtt, speed: Infinity, resumeFrom, until });
      await waitUntil('the hub has read it all', () => hasReadAll(hub.http), 120_000, 200);
      await seen?.();
      await hub.stop(60_000);
      await onlookers.afterwards?.(dataDir);
      return {
        scenario,
        readings,
        seconds: (performance.now() - began) / 1000,
        ...judge(scenario, life, until, await readJournal(dataDir)),
      };
    } finally {
      if (hub.isRunning()) await hub.kill9();
    }
  } finally {
    await removeTempDir(dataDir);
  }
}

interface Ready {
  readonly checks: readonly { readonly name: string; readonly detail: string }[];
}

/** Ticks go on, so a role that keeps up is a few entries behind at any moment. */
async function hasReadAll(http: string): Promise<boolean> {
  const { checks } = await getJson<Ready>(http, '/readyz');
  const behind = checks.flatMap(({ detail }) => /^(\d+) entries behind/.exec(detail)?.[1] ?? []).map(Number);
  return behind.length >= 3 && behind.every((entries) => entries < 5);
}

function judge(scenario: Scenario, life: Life, until: number, entries: readonly JournalEntry[]) {
  const episodes = episodesIn(entries, until);
  return {
    episodes,
    differences: compareRaised(scenario, life.start, episodes),
    transitions: transitionLines(entries, until),
    ...readingsIn(entries),
  };
}

/** What is decided after the last reading depends on how long the hub still ran. */
function decidedBy(entries: readonly JournalEntry[], until: number) {
  return transitionsIn(entries).filter(({ payload }) => Date.parse(payload.alert.evidence.windowEnd) <= until);
}

function episodesIn(entries: readonly JournalEntry[], until: number): Episode[] {
  const episodes = new Map<string, Episode>();
  for (const { payload } of decidedBy(entries, until)) {
    const { alert, to } = payload;
    const { id, rule, labels } = alert;
    const at = Date.parse(alert.evidence.windowEnd);
    const known = episodes.get(id);
    if (to === 'firing') episodes.set(id, known ?? { rule, labels, firedAt: at, resolvedAt: undefined });
    else if (to === 'resolved' && known) episodes.set(id, { ...known, resolvedAt: Date.parse(alert.endsAt!) });
  }
  return [...episodes.values()];
}

function transitionLines(entries: readonly JournalEntry[], until: number): string[] {
  const lines = decidedBy(entries, until).map(({ payload }) => {
    return JSON.stringify({ ...payload, alert: { ...payload.alert, updatedAt: undefined } });
  });
  return lines.sort();
}

function readingsIn(entries: readonly JournalEntry[]): { readingsHash: string; stored: number } {
  const last = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind !== 'readings') continue;
    const { series, seriesIndex, eventTime, value } = entry.payload;
    for (let i = 0; i < eventTime.length; i++) {
      const { domain, device, metric } = series[seriesIndex[i]!]!;
      last.set(`${domain}/${device}/${metric} ${eventTime[i]}`, value[i]!);
    }
  }
  const hash = createHash('sha256');
  for (const key of [...last.keys()].sort()) hash.update(`${key} ${last.get(key)}\n`);
  return { readingsHash: hash.digest('hex'), stored: last.size };
}
