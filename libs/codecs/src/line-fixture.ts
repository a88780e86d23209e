import type { LineLimits, LineSinkFinder, LineTags } from './line-sink.ts';
import type { ReadingSink } from './reading-sink.ts';

/** What the tests of line protocol share. */

export const ARRIVAL = 1_795_000_000_000;
export const LIMITS: LineLimits = { maxReadings: 100_000, maxLineLength: 65_536, maxAheadMs: 60_000 };

const STATES: ReadonlyMap<string, number> = new Map([
  ['open', 1],
  ['a "b" \\ \\n c', 7],
]);

/** Gathers what comes; the device is the tag `host`. It refuses the measurement `forbidden` and the metric `refused`. */
export function collector() {
  const readings: string[] = [];
  const values: number[] = [];
  const heads: [string, LineTags][] = [];
  const sinks = new Map<string, ReadingSink>();
  const sinkOf = (subject: string): ReadingSink => ({
    subject: { device: subject },
    reading: (metric, eventTime, value) => {
      if (metric === 'refused') return { reason: 'incommensurable-unit', detail: 'It has no such unit.' };
      readings.push(`${subject}/${metric}=${value}@${eventTime}`);
      values.push(value);
      return undefined;
    },
    stateNumber: (_, name) => STATES.get(name),
  });
  const find: LineSinkFinder = (measurement, tags) => {
    heads.push([measurement, tags]);
    if (measurement === 'forbidden')
      return { reason: 'bad-name', detail: 'It is forbidden.', subject: { domain: 'forbidden' } };
    const subject = `${measurement}/${tags.find(([key]) => key === 'host')?.[1] ?? '_'}`;
    const sink = sinks.get(subject) ?? sinkOf(subject);
    sinks.set(subject, sink);
    return sink;
  };
  return { find, readings, values, heads };
}
