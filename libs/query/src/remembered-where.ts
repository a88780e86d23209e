import { compilePatterns, labelOf, type Labels, type Series, type Where } from '@seawall/model';

/** So many patterns are compared sooner than a value is remembered. */
const FEW = 2;

/**
 * A `Where` that remembers, for one question, how it has judged each value: a city has many series and few values, and each
 * value may be compared with a thousand patterns.
 */
export class RememberedWhere {
  readonly #domain: RememberedPatterns | undefined;
  readonly #device: RememberedPatterns | undefined;
  readonly #labels: readonly RememberedPatterns[];
  /** Patterns of which verdicts are remembered: one series may be compared with all of them. */
  readonly patterns: number;

  constructor(where: Where) {
    const keys = Object.entries(where).map(([key, patterns]) => new RememberedPatterns(key, patterns));
    this.#domain = keys.find(({ key }) => key === 'domain');
    this.#device = keys.find(({ key }) => key === 'device');
    this.#labels = keys.filter((each) => each !== this.#domain && each !== this.#device);
    this.patterns = keys.reduce((sum, { remembered }) => sum + remembered, 0);
  }

  /** Whether its device and its domain are admitted, whatever its labels. */
  admits({ device, domain }: Series): boolean {
    return this.#device?.admits(device) !== false && this.#domain?.admits(domain) !== false;
  }

  /** Whether the labels of one span are admitted, of a series that is. */
  admitsLabels(series: Series, labels: Labels): boolean {
    return this.#labels.every((each) => each.admits(labelOf(series, labels, each.key)));
  }

  /** How often a value was compared with one of these patterns so far, at most. */
  get looks(): number {
    return [this.#domain, this.#device, ...this.#labels].reduce((sum, each) => sum + (each?.looks ?? 0), 0);
  }
}

class RememberedPatterns {
  readonly key: string;
  /** Patterns, if there are enough. */
  readonly remembered: number;
  readonly #judge: (value: string | undefined) => boolean;
  readonly #verdicts = new Map<string | undefined, boolean>();

  constructor(key: string, patterns: readonly string[]) {
    this.key = key;
    this.remembered = patterns.length > FEW ? patterns.length : 0;
    this.#judge = compilePatterns(patterns);
  }

  get looks(): number {
    return this.#verdicts.size * this.remembered;
  }

  admits(value: string | undefined): boolean {
    if (this.remembered === 0) return this.#judge(value);
    let verdict = this.#verdicts.get(value);
    if (verdict === undefined) this.#verdicts.set(value, (verdict = this.#judge(value)));
    return verdict;
  }
}
