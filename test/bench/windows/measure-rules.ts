import { createEngine } from '@seawall/alerts';
import type { Rule } from '@seawall/model';
import { deviceName, Entries, processorSeconds, secondOfBatches, SERIES, START_MS } from './window-load.ts';

export interface RulesSpeed {
  readonly rules: number;
  /** Seconds of processor time to take in all rules, and the first reading of every device. */
  readonly beginSeconds: number;
  /** Seconds of processor time for what comes in one second: ten thousand messages in entries of a thousand, and a tick. */
  readonly perSecond: number;
  readonly perSecondMax: number;
}

const SECONDS = 180;
const ENTRY = 1_000;

/** Ten thousand rules, each on one device of its own, and a reading a second of every device. */
export function measureRules(): RulesSpeed {
  const entries = new Entries();
  const engine = createEngine();
  const second = (at: number) => {
    const stamp = START_MS + (at + 1) * 1000;
    return [...secondOfBatches(at, ENTRY).map((batch) => entries.readings(batch, stamp)), entries.tick(stamp)];
  };
  const beginning = [...entries.beginning(Array.from({ length: SERIES }, (_, i) => rule(i))), ...second(0)];
  const beginSeconds = processorSeconds(() => beginning.forEach((entry) => engine.feed(entry)));
  const took: number[] = [];
  let fired = 0;
  for (let at = 1; at <= SECONDS; at++) {
    const fed = second(at);
    took.push(processorSeconds(() => fed.forEach((entry) => (fired += engine.feed(entry).length))));
  }
  const { rules, scopes } = engine.status();
  if (rules !== SERIES || scopes !== SERIES || fired === 0)
    throw new Error(`${rules} rules run with ${scopes} groups, and ${fired} transitions came of it.`);
  // After the first minute windows end as they begin.
  const steady = took.slice(60);
  const total = steady.reduce((sum, seconds) => sum + seconds, 0);
  return { rules, beginSeconds, perSecond: total / steady.length, perSecondMax: Math.max(...steady) };
}

/** The first device's maximum is above, so that it is seen to be decided. */
function rule(i: number): Rule {
  const when = {
    domain: 'traffic',
    metric: 'flow',
    aggregate: 'max',
    window: '1m',
    above: i === 0 ? 10 : 1_000,
  } as const;
  return { id: `rule-${i}`, severity: 'info', when: { ...when, where: { device: [deviceName(i)] } } };
}
