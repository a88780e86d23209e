import { formatRfc3339 } from '@seawall/calendar';
import {
  changedAt,
  compareRaised,
  type Episode,
  type Scenario,
  type ScenarioSummary,
  type TimelineEvent,
} from '@seawall/devices-sim';
import type { Alert } from '@seawall/model';
import { paint, wantsColour } from './paint.ts';

const { dim, red, green } = paint(wantsColour(process.stderr, process.env));

/** "2026-09-23 08:15Z". @param eventTime epoch ms */
export function minuteOf(eventTime: number): string {
  return `${formatRfc3339(eventTime).slice(0, 16).replace('T', ' ')}Z`;
}

/** Event time before each line. @param eventTime epoch ms */
function stamped(eventTime: number, text: string): string {
  return `${minuteOf(eventTime)}  ${text}`;
}

export function eventLine({ eventTime, text, of }: TimelineEvent): string {
  const line = stamped(eventTime, of === 'city' ? text : `  ${text}`);
  return of === 'city' ? line : dim(line);
}

/** Stamped with the end of the window that decided; with the hub's clock where a rule decided before that end. */
export function alertLine(alert: Alert): string {
  const labels = Object.entries(alert.labels).map(([name, value]) => `${name}=${value}`);
  const word = alert.state === 'firing' ? 'ALERT' : 'over ';
  const at = Math.min(changedAt(alert), Date.parse(alert.updatedAt));
  const line = stamped(at, `${word} ${alert.severity}: ${alert.summary}  ${labels.join(' ')}`);
  return alert.state === 'firing' ? red(line) : green(line);
}

/** The lives of alerts, gathered as they are heard. */
export class EpisodesHeard {
  readonly #episodes = new Map<string, Episode>();

  add(alert: Alert): void {
    const { id, rule, labels, state } = alert;
    const known = this.#episodes.get(id);
    if (state === 'firing') {
      this.#episodes.set(id, known ?? { rule, labels, firedAt: changedAt(alert), resolvedAt: undefined });
    } else if (known !== undefined) {
      this.#episodes.set(id, { ...known, resolvedAt: changedAt(alert) });
    }
  }

  get all(): Episode[] {
    return [...this.#episodes.values()];
  }
}

/** What was published, and how its devices failed. */
export function summaryLines({ sent, acknowledged, readings, late, copies, missed }: ScenarioSummary): string[] {
  return [
    `${acknowledged} messages acknowledged of ${sent} sent; ${readings} readings.`,
    `Faults: ${missed} times a device said nothing, ${late} readings came late in a burst, ${copies} messages came twice.`,
  ];
}

/** Said before a run whose past the hub knows already. @param until epoch ms */
export function knownPast(until: number): string {
  return (
    `The hub has readings of this city up to ${minuteOf(until)} already. What is older comes too late for its rules, ` +
    'so what they raise will not be judged; a hub with a new data directory has no past.'
  );
}

/**
 * @param rules ids that the hub has, or undefined when it could not be asked
 * @param isPastKnown whether the hub had later readings of this city before it began
 */
export function raisedLines(
  scenario: Scenario,
  start: number,
  episodes: readonly Episode[],
  rules: readonly string[] | undefined,
  isPastKnown: boolean,
): string[] {
  const heard = `${episodes.length} alerts raised, ${episodes.filter(({ resolvedAt }) => resolvedAt).length} of them over`;
  if (isPastKnown) return [`${heard}; the hub had later readings of this city before, so they are not judged.`];
  if (rules === undefined) return [`${heard}; the hub could not be asked for its rules, so they are not judged.`];
  const missing = [...scenario.raises, ...scenario.staysQuiet].filter(({ rule }) => !rules.includes(rule));
  if (missing.length > 0) {
    const ids = [...new Set(missing.map(({ rule }) => rule))].join(', ');
    return [
      `${heard}. The hub does not run all of the city's rules (${ids}), so they are not judged; start it with --rules-dir devices-sim/rules.`,
    ];
  }
  const differences = compareRaised(scenario, start, episodes);
  if (differences.length === 0) return [`${heard}: as its file says.`];
  return [`${heard}. Its file says otherwise:`, ...differences.map((difference) => `  ${difference}.`)];
}
