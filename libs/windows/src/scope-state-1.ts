import { NumberReader, tooShort } from './number-stream.ts';
import { newScope, type ScopeOptions } from './scope-state.ts';
import type { Scope } from './scope.ts';

/** The state of a set as version 0.1 saved it: its texts in a list. */
export interface NumberStream1 {
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

/** Reads the scopes of a set of one view that version 0.1 saved. @throws RangeError if it ends too early */
export function readScopes1(stream: NumberStream1, options: ScopeOptions): Scope[] {
  const from = new Reader1(stream);
  return Array.from({ length: from.number() }, (_, number) => readScope1(from, number, options));
}

class Reader1 extends NumberReader {
  readonly #texts: readonly string[];
  #textAt = 0;

  constructor({ numbers, texts }: NumberStream1) {
    super(numbers);
    this.#texts = texts;
  }

  text(): string {
    const value = this.#texts[this.#textAt++];
    if (value === undefined) throw tooShort();
    return value;
  }
}

function readScope1(from: Reader1, number: number, options: ScopeOptions): Scope {
  const key = from.text();
  const [value, idleSince, idleFrom] = [from.number(), from.number(), from.number()];
  const state = Number.isNaN(idleSince) ? { value, idleSince: null } : { value: idleFrom, idleSince };
  const scope = newScope(key, number, options, state);
  if (!Number.isNaN(idleSince)) options.times.tickClock = idleSince + (value - idleFrom);
  // What late readings would revise was not kept.
  scope.floor = value;
  scope.views[0]!.nextStart = from.number();
  for (let members = from.number(); members > 0; members--) {
    const name = from.text();
    const [newest, heardAt, idle] = [from.number(), from.number(), from.number()];
    scope.restoreMember(name, { newest, heardAt: idle === 1 ? -Infinity : heardAt });
  }
  for (let slices = from.number(); slices > 0; slices--) readSlice1(from, scope, options);
  return scope;
}

/** Of no aggregate did the width vary. A slice had its own bounds, its closed part even when that was empty, and one mark for all of it. */
function readSlice1(from: Reader1, scope: Scope, { views }: ScopeOptions): void {
  const [start, , count, newest, mark] = [from.number(), from.number(), from.number(), from.number(), from.number()];
  const partial = Array.from({ length: views.all[0]!.aggregate.width! }, () => from.number());
  if (count > 0) scope.views[0]!.ownClosed.push(start, count, newest, mark, ...partial);
  for (let segments = from.number(); segments > 0; segments--) {
    from.number();
    from.number();
    readRows1(scope, mark, [from.column(), from.column(), from.column()]);
  }
}

function readRows1(
  scope: Scope,
  mark: number,
  [time, value, member]: readonly [time: Float64Array, value: Float64Array, member: Float64Array],
): void {
  for (let i = 0; i < time.length; i++) {
    scope.openSegment(time[i]!).append(time[i]!, value[i]!, member[i] ?? 0, mark, scope);
  }
  scope.held += time.length;
}
