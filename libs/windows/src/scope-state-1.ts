import type { Aggregate } from './aggregates/index.ts';
import { NumberReader, tooShort } from './number-stream.ts';
import { Scope } from './scope.ts';
import { readColumns } from './scope-state.ts';
import type { WatermarkOptions } from './watermark.ts';
import type { WindowGrid } from './window-grid.ts';

/** The state of a set as version 0.1 saved it: its texts in a list. */
export interface NumberStream1 {
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

/** Reads the scopes of a set that version 0.1 saved. @throws RangeError if it ends too early */
export function readScopes1(
  stream: NumberStream1,
  options: WatermarkOptions,
  aggregate: Aggregate,
  grid: WindowGrid,
): Scope[] {
  const from = new Reader1(stream);
  return Array.from({ length: from.number() }, () => readScope1(from, options, aggregate, grid));
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

function readScope1(from: Reader1, options: WatermarkOptions, aggregate: Aggregate, grid: WindowGrid): Scope {
  const key = from.text();
  const [value, idleSince, idleFrom, nextStart] = [from.number(), from.number(), from.number(), from.number()];
  const scope = new Scope(key, options, { value, idleSince: Number.isNaN(idleSince) ? null : idleSince, idleFrom });
  scope.nextStart = nextStart;
  scope.due = -Infinity;
  for (let members = from.number(); members > 0; members--) {
    const name = from.text();
    const [newest, heardAt, idle] = [from.number(), from.number(), from.number()];
    scope.restoreMember(name, { newest, heardAt: idle === 1 ? -Infinity : heardAt });
  }
  for (let slices = from.number(); slices > 0; slices--) readSlice1(from, scope, aggregate, grid);
  return scope;
}

/** Of no aggregate did the width vary. A slice had its own bounds, its closed part even when that was empty, and one mark for all of it. */
function readSlice1(from: Reader1, scope: Scope, aggregate: Aggregate, grid: WindowGrid): void {
  const [start, , count, newest, mark] = [from.number(), from.number(), from.number(), from.number(), from.number()];
  const partial = Array.from({ length: aggregate.width! }, () => from.number());
  if (count > 0) scope.closed.push(start, count, newest, mark, ...partial);
  for (let segments = from.number(); segments > 0; segments--) {
    const bounds = grid.segmentAt(from.number());
    from.number();
    const columns = readColumns(scope, [from.column(), from.column(), from.column()]);
    scope.segments.push({ ...bounds, mark, columns });
  }
}
