import type { AlertTransition } from '@seawall/model';
import type { Channel } from '@seawall/ports';

/**
 * Delivers transitions to every channel. Those of one alert, and those under one topic, follow each other in the order
 * given; others go side by side, since each waits for a disk or a network, and hundreds of alerts that come at once must
 * not wait for each other. Resolves, or throws the first failure, once nothing is under way any more.
 */
export async function deliverSideBySide(
  channels: readonly Channel[],
  transitions: readonly AlertTransition[],
): Promise<void> {
  /** By what must follow each other: the end of the last one. */
  const ends = new Map<string, Promise<void>>();
  const all = transitions.map((transition) => {
    const names = orderedBy(transition);
    const before = names.map((name) => ends.get(name) ?? Promise.resolve());
    const done = Promise.all(before).then(() => deliver(channels, transition));
    for (const name of names) ends.set(name, done);
    return done;
  });
  const results = await Promise.allSettled(all);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function deliver(channels: readonly Channel[], transition: AlertTransition): Promise<void> {
  for (const channel of channels) await channel.deliver(transition);
}

/** An alert is the same under its key in every episode; the levels make its topic, which another alert may share. */
function orderedBy({ alert, levels }: AlertTransition): readonly [string, string] {
  return [alert.key, JSON.stringify([alert.severity, levels.domain, levels.district, alert.rule, levels.subject])];
}
