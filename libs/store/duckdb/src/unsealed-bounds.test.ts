import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UnsealedBounds } from './unsealed-bounds.ts';

/** Steps of a write, of sealing and of a query, in any order in which a store may take them. */
type Step = { readonly kind: 'write'; readonly time: number } | { readonly kind: 'seal' } | { readonly kind: 'query' };

const time = fc.integer({ min: 0, max: 9 });
const step = fc.oneof(
  time.map((at): Step => ({ kind: 'write', time: at })),
  fc.constant<Step>({ kind: 'seal' }),
  fc.constant<Step>({ kind: 'query' }),
);

/** What is in `raw`, committed; each of the three goes on by one step when told to. */
class World {
  readonly bounds = new UnsealedBounds();
  raw: readonly number[] = [];
  #write: Generator<void> | undefined;
  #seal: Generator<void> | undefined;
  #query: Generator<void> | undefined;
  readonly range: { readonly from: number; readonly to: number };

  constructor(range: { readonly from: number; readonly to: number }) {
    this.range = range;
  }

  go(step: Step): void {
    if (step.kind === 'write') this.#write = this.#on(this.#write ?? this.#writing(step.time));
    else if (step.kind === 'seal') this.#seal = this.#on(this.#seal ?? this.#sealing());
    else this.#query = this.#on(this.#query ?? this.#querying());
  }

  #on(of: Generator<void>): Generator<void> | undefined {
    return of.next().done === true ? undefined : of;
  }

  *#writing(at: number): Generator<void> {
    this.bounds.widen(at, at);
    yield;
    this.raw = [...this.raw, at];
    yield;
    this.bounds.widen(at, at);
  }

  *#sealing(): Generator<void> {
    this.bounds.mark();
    yield;
    const snapshot = this.raw;
    const left = snapshot.slice(Math.ceil(snapshot.length / 2));
    yield;
    // It commits between two writes.
    while (this.#write !== undefined) yield;
    this.raw = [...left, ...this.raw.slice(snapshot.length)];
    this.bounds.narrow(Math.min(...left), Math.max(...left));
  }

  *#querying(): Generator<void> {
    const watch = this.bounds.watch(this.range);
    yield;
    const snapshot = this.raw;
    yield;
    const { from, to } = this.range;
    if (!watch.touched) expect(snapshot.filter((at) => at >= from && at < to)).toEqual([]);
    watch.end();
  }
}

describe('the bounds of what is unsealed', () => {
  it('never leave out what a snapshot holds, in whatever order writes, sealing and a query go on', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (from, length, steps) => {
        const world = new World({ from, to: from + length });
        for (const each of steps) world.go(each);
      }),
      { numRuns: 3000 },
    );
  });

  it('are narrowed to what sealing has left, and what has come meanwhile', () => {
    const bounds = new UnsealedBounds();
    const touched = (from: number, to: number) => bounds.watch({ from, to }).touched;
    expect(touched(0, 100)).toBe(false);
    bounds.widen(10, 20);
    bounds.mark();
    bounds.widen(5, 5);
    bounds.narrow(18, 20);
    expect([touched(0, 5), touched(0, 6), touched(19, 20), touched(20, 21), touched(21, 30)]).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    bounds.mark();
    bounds.narrow(Infinity, -Infinity);
    expect(touched(0, 100)).toBe(false);
  });
});
