import { newScope, type ScopeOptions } from './scope-state.ts';
import type { Scope } from './scope.ts';

/** The scopes of a set, by age, and the members of all of them, by numbers that are valid as long as the set is there. */
export class Scopes implements Iterable<Scope> {
  readonly #options: ScopeOptions;
  readonly #byKey = new Map<string, Scope>();
  readonly #all: Scope[] = [];
  /** By the member's number, its scope's and its place among that one's members. */
  readonly #scopeOf: number[] = [];
  readonly #placeOf: number[] = [];

  constructor(options: ScopeOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.length;
  }

  [Symbol.iterator](): Iterator<Scope> {
    return this.#all.values();
  }

  at(number: number): Scope {
    return this.#all[number]!;
  }

  /** With all that has passed by its lane. */
  get(key: string): Scope | undefined {
    const scope = this.#byKey.get(key);
    scope?.leaveLane();
    return scope;
  }

  /** The number of the scope of each member. */
  get scopeOf(): readonly number[] {
    return this.#scopeOf;
  }

  /** The place of each member within its scope. */
  get placeOf(): readonly number[] {
    return this.#placeOf;
  }

  getOrAdd(key: string): Scope {
    return this.#byKey.get(key) ?? this.put(newScope(key, this.size, this.#options));
  }

  /** The next by age. */
  put(scope: Scope): Scope {
    this.#byKey.set(scope.key, scope);
    this.#all.push(scope);
    this.#options.lanes.add();
    return scope;
  }

  /** The number of a scope's member, which it becomes now if it is new. */
  member(scope: Scope, name: string): number {
    const place = scope.memberOf(name);
    const known = scope.numberOf(place);
    if (known !== undefined) return known;
    const number = this.#scopeOf.push(scope.number) - 1;
    this.#placeOf.push(place);
    scope.noteNumber(place, number);
    return number;
  }
}
