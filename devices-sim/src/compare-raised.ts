import type { Scenario } from './scenario.ts';

/** One life of an alert. Times are event times in epoch ms. */
export interface Episode {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly firedAt: number;
  readonly resolvedAt: number | undefined;
}

/**
 * Holds what was raised against what a scenario's file says must be raised, for whom and when, and nothing else of the
 * rules it speaks of. @param start epoch ms @returns a sentence for each difference, none when all is as the file says
 */
export function compareRaised(scenario: Scenario, start: number, episodes: readonly Episode[]): string[] {
  const spoken = new Set([...scenario.raises, ...scenario.staysQuiet].map(({ rule }) => rule));
  const left = new Set(episodes.filter(({ rule }) => spoken.has(rule)));
  const differences = scenario.raises.flatMap((expected) => {
    const found = [...left].find((episode) => isFor(expected, episode));
    if (found === undefined) return [`${nameOf(expected)} was not raised`];
    left.delete(found);
    return [
      ...timeFault(expected, 'fired', found.firedAt - start, expected.fires),
      ...timeFault(expected, 'resolved', found.resolvedAt && found.resolvedAt - start, expected.resolves),
    ];
  });
  const unexpected = [...left].map((episode) => {
    return `${nameOf(episode)} was raised at ${offsetText(episode.firedAt - start)} and should have stayed quiet`;
  });
  return [...differences, ...unexpected];
}

interface Named {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
}

function isFor({ rule, labels }: Named, episode: Named): boolean {
  return rule === episode.rule && Object.entries(labels).every(([name, value]) => episode.labels[name] === value);
}

function nameOf({ rule, labels }: Named): string {
  const values = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  return values.length === 0 ? rule : `${rule} (${values.join(', ')})`;
}

function timeFault(
  expected: Named,
  did: 'fired' | 'resolved',
  offset: number | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): string[] {
  if (offset === undefined) return [`${nameOf(expected)} has not ${did}`];
  if (offset >= from && offset <= to) return [];
  return [`${nameOf(expected)} ${did} at ${offsetText(offset)}, not between ${offsetText(from)} and ${offsetText(to)}`];
}

/** "5h40m" after the start. */
function offsetText(offsetMs: number): string {
  const minutes = Math.round(offsetMs / 60_000);
  return `${Math.floor(minutes / 60)}h${String(((minutes % 60) + 60) % 60).padStart(2, '0')}m`;
}
