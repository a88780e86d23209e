import type { PageRequest } from '@seawall/ports';
import { Problem } from './problem.ts';

/** Items of a page where the request names no limit. */
export const DEFAULT_LIMIT = 100;
/** Items of one page. */
export const MAX_LIMIT = 1000;
/** Of one parameter that is given repeatedly. */
export const MAX_VALUES = 100;
const PAGE = ['limit', 'cursor'];

/** Query parameters as Fastify parses them: repeated ones as an array. */
export type RawParameters = Readonly<Record<string, string | string[] | undefined>>;

/** Query parameters, read by name; what is wrong with one is a 400 that names it. */
export class Parameters {
  readonly #raw: RawParameters;

  constructor(raw: unknown) {
    this.#raw = raw as RawParameters;
  }

  /** @throws Problem 400 naming a parameter that is not among these */
  only(...known: readonly string[]): this {
    const foreign = this.names().find((name) => !known.includes(name));
    if (foreign === undefined) return this;
    const there =
      known.length === 0 ? 'this path takes none' : `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
    throw new Problem('bad-request', `There is no parameter "${foreign}" here; ${there}.`);
  }

  /** `only`, with a list's `limit` and `cursor`. */
  onlyOfList(...known: readonly string[]): this {
    return this.only(...known, ...PAGE);
  }

  names(): readonly string[] {
    return Object.keys(this.#raw);
  }

  one(name: string): string | undefined {
    const value = this.#raw[name];
    if (Array.isArray(value)) throw new Problem('bad-request', `The parameter "${name}" is given more than once.`);
    return value === '' ? undefined : value;
  }

  /** Given repeatedly; undefined if not at all. */
  many(name: string): readonly string[] | undefined {
    const value = this.#raw[name];
    if (value === undefined) return undefined;
    const values = [value].flat();
    if (values.length > MAX_VALUES)
      throw new Problem('bad-request', `"${name}" is given more than ${MAX_VALUES} times.`);
    return values;
  }

  /** One of a fixed list. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.one(name);
    if (value !== undefined) this.#check(name, value, allowed);
    return value as T | undefined;
  }

  /** Any of a fixed list, given repeatedly. */
  anyOf<T extends string>(name: string, allowed: readonly T[]): readonly T[] | undefined {
    const values = this.many(name);
    values?.forEach((value) => this.#check(name, value, allowed));
    return values as readonly T[] | undefined;
  }

  page(): PageRequest {
    const text = this.one('limit') ?? String(DEFAULT_LIMIT);
    const limit = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(limit >= 1 && limit <= MAX_LIMIT)) {
      throw new Problem(
        'bad-request',
        `The parameter "limit" is "${text}"; it is a whole number from 1 to ${MAX_LIMIT}.`,
      );
    }
    const after = this.one('cursor');
    return after === undefined ? { limit } : { limit, after };
  }

  #check(name: string, value: string, allowed: readonly string[]): void {
    if (allowed.includes(value)) return;
    throw new Problem('bad-request', `The parameter "${name}" is "${value}"; it is one of ${allowed.join(', ')}.`);
  }
}
