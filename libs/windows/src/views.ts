import { GridView } from './grid-view.ts';
import { SessionView } from './session-view.ts';
import type { View } from './view.ts';
import type { WindowTiming, WindowView } from './window-types.ts';

/** The views of a set, by their numbers. */
export class Views {
  readonly #timing: WindowTiming;
  readonly #all: (View | null)[] = [];
  #present: readonly View[] = [];
  #early = false;
  #ofIncreases = false;

  /** @throws RangeError if the durations of one make no windows */
  constructor(timing: WindowTiming, shapes: readonly (WindowView | null)[]) {
    this.#timing = timing;
    for (const shape of shapes) this.#all.push(shape === null ? null : this.#viewOf(this.#all.length, shape));
    this.#note();
  }

  /** By their numbers; null where one was dropped. */
  get all(): readonly (View | null)[] {
    return this.#all;
  }

  get present(): readonly View[] {
    return this.#present;
  }

  /** Whether any looks at open windows. */
  get early(): boolean {
    return this.#early;
  }

  /** Whether any is of increases. */
  get ofIncreases(): boolean {
    return this.#ofIncreases;
  }

  shapes(): (WindowView | null)[] {
    return this.#all.map((view) => view?.shape ?? null);
  }

  /** The number of the one with this shape. */
  find(shape: WindowView): number | undefined {
    return this.#present.find((view) => isSame(view.shape, shape))?.number;
  }

  /** @returns its number @throws RangeError if its durations make no windows */
  add(shape: WindowView): number {
    const view = this.#viewOf(this.#all.length, shape);
    this.#all.push(view);
    this.#note();
    return view.number;
  }

  drop(number: number): void {
    this.#all[number] = null;
    this.#note();
  }

  #viewOf(number: number, shape: WindowView): View {
    return 'session' in shape
      ? new SessionView(number, shape, this.#timing)
      : new GridView(number, shape, this.#timing);
  }

  #note(): void {
    this.#present = this.#all.filter((view) => view !== null);
    this.#early = this.#present.some(({ shape }) => shape.early === true);
    this.#ofIncreases = this.#present.some(({ aggregate }) => aggregate.ofIncreases === true);
  }
}

function isSame(a: WindowView, b: WindowView): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf({ aggregate, early = false, ...shape }: WindowView): string {
  const lengths = 'session' in shape ? [shape.session] : [shape.window, shape.every ?? shape.window];
  return JSON.stringify([aggregate, early, ...lengths]);
}
