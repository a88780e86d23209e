import type { Labels, Series } from '@seawall/model';

export type Where = Readonly<Record<string, readonly string[]>>;

/** Whether a series is selected; compiled once, asked once for each series and its labels. */
export type Selector = (series: Series, labels: Labels) => boolean;

/**
 * Keys are AND, values OR, `*` stands for any text, a leading `!` excludes. `device` and `domain` are keys beside the
 * labels. A label that is absent is met by no pattern, so only exclusions let it through.
 */
export function matches(where: Where): Selector {
  const tests = Object.entries(where).map(([label, patterns]) => ({ label, test: anyOf(patterns) }));
  return (series, labels) => tests.every(({ label, test }) => test(labelOf(label, series, labels)));
}

export function labelOf(label: string, series: Series, labels: Labels): string | undefined {
  if (label === 'device') return series.device;
  if (label === 'domain') return series.domain;
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
}

function anyOf(patterns: readonly string[]): (value: string | undefined) => boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(globOf);
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => globOf(pattern.slice(1)));
  return (value) => {
    if (value === undefined) return wanted.length === 0;
    return (wanted.length === 0 || wanted.some((glob) => glob(value))) && !unwanted.some((glob) => glob(value));
  };
}

/** Linear in the text for each star: every part between stars is taken where it is first found. */
function globOf(pattern: string): (value: string) => boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return (value) => value === pattern;
  const head = parts[0]!;
  const tail = parts.at(-1)!;
  const middle = parts.slice(1, -1);
  return (value) => {
    if (value.length < head.length + tail.length || !value.startsWith(head) || !value.endsWith(tail)) return false;
    let at = head.length;
    for (const part of middle) {
      const found = value.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= value.length - tail.length;
  };
}
