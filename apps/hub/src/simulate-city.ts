import {
  type AlertListener,
  cityDevices,
  compareRaised,
  hearAlerts,
  runScenario,
  type Scenario,
} from '@seawall/devices-sim';
import { setTimeout as sleep } from 'node:timers/promises';
import { alertLine, EpisodesHeard, eventLine, knownPast, minuteOf, raisedLines, summaryLines } from './city-report.ts';
import { progressBar } from './progress-bar.ts';

/** How long the hub may take to judge the last readings, and how often is looked. */
const JUDGED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;
const ASK_TIMEOUT_MS = 5_000;

export interface CityRun {
  readonly scenario: Scenario;
  readonly url: string;
  readonly mqttUrl: string;
  readonly token: string | undefined;
  readonly seed: number;
  /** Epoch ms. */
  readonly start: number;
  readonly speed: number;
  readonly devices: number | undefined;
  readonly signal: AbortSignal;
}

/** Lets a city live at a running hub and tells on standard error what happens, and what the hub made of it. */
export async function simulateCity(run: CityRun): Promise<void> {
  const { scenario, mqttUrl: url, token, seed, start, speed, devices, signal } = run;
  const bar = progressBar('{eventTime} {bar} {percentage}% {value} messages acknowledged');
  const heard = new EpisodesHeard();
  let listener: AlertListener | undefined;
  try {
    const known = await newestOf(run);
    const isPastKnown = known !== undefined && known >= start;
    if (isPastKnown) bar.say(knownPast(known));
    listener = await hearAlerts(url, token, (alert) => {
      heard.add(alert);
      bar.say(alertLine(alert));
    });
    const result = await runScenario({
      scenario,
      url,
      ...(token === undefined ? {} : { token }),
      seed,
      start,
      speed,
      ...(devices === undefined ? {} : { devices }),
      signal,
      onIntroduced: (done, of) => bar.update(0, 0, { eventTime: `${done} of ${of} devices connected` }),
      onProgress: ({ acknowledged, eventTime }) =>
        bar.update(acknowledged, (eventTime - start) / scenario.duration, { eventTime: minuteOf(eventTime) }),
      onEvent: (event) => bar.say(eventLine(event)),
    });
    if (!signal.aborted) bar.update(result.acknowledged, 1);
    if (!isPastKnown) await judged(run, heard);
    bar.stop();
    const lines = signal.aborted
      ? [...summaryLines(result), 'It was stopped early, so its alerts are not judged.']
      : [...summaryLines(result), ...raisedLines(scenario, start, heard.all, await rulesOf(run), isPastKnown)];
    process.stderr.write(`${lines.join('\n')}\n`);
  } finally {
    bar.stop();
    await listener?.stop();
  }
}

/** Waits until all has been heard that the file speaks of, or it takes too long. */
async function judged({ scenario, start, signal }: CityRun, heard: EpisodesHeard): Promise<void> {
  for (let waited = 0; waited < JUDGED_WITHIN_MS && !signal.aborted; waited += LOOK_EVERY_MS) {
    if (compareRaised(scenario, start, heard.all).length === 0) return;
    await sleep(LOOK_EVERY_MS);
  }
}

/** @returns the ids of the hub's rules; undefined when it does not say (another HTTP address, most likely) */
async function rulesOf(run: CityRun): Promise<string[] | undefined> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<{ id: string }> | undefined = await askPage(run, `/api/v1/rules?limit=500${more}`);
    if (page === undefined) return undefined;
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  }
  return ids;
}

/** @returns the newest event time (epoch ms) that the hub knows of the city's first device; undefined when of none */
async function newestOf(run: CityRun): Promise<number | undefined> {
  const [device] = cityDevices(run.devices);
  if (device === undefined) return undefined;
  const page = await askPage<{ time: number }>(run, `/api/v1/latest?device=${device.id}`);
  if (page === undefined || page.items.length === 0) return undefined;
  return Math.max(...page.items.map(({ time }) => time));
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** @returns undefined when the hub does not answer: what becomes of that the summary says */
async function askPage<T>({ url, token }: CityRun, path: string): Promise<Page<T> | undefined> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const answer = await fetch(new URL(path, url), { headers, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return answer.ok ? ((await answer.json()) as Page<T>) : undefined;
  } catch {
    return undefined;
  }
}
