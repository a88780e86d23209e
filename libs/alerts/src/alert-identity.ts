import { createHash } from 'node:crypto';

type LabelValues = Readonly<Record<string, string>>;

/** A rule and its labels, the same in every episode: `smog{"device":"aq-1","domain":"environment"}`. */
export function alertKey(rule: string, labels: LabelValues): string {
  return `${rule}${canonical(labels)}`;
}

/**
 * The same for the same rule, version, labels and beginning, wherever and how often it is worked out: 128 bits in hex.
 * @param startsAt event time, epoch ms
 */
export function alertId(rule: string, version: number, labels: LabelValues, startsAt: number): string {
  const text = JSON.stringify([rule, version, canonical(labels), startsAt]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function canonical(labels: LabelValues): string {
  const names = Object.keys(labels).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`).join(',')}}`;
}
