import { Subject, type Subscription } from 'rxjs';
import { compileWhere, type Labels, type Series, type ThresholdRule, type WhereMatcher } from '@seawall/model';
import {
  eventTimeWindows,
  Picks,
  type WindowInput,
  type WindowOutput,
  type WindowResult,
  type WindowSet,
  type WindowView,
} from '@seawall/windows';
import type { Decision } from './alert-writer.ts';
import type { Intake, PickedReadings, Selection } from './compiled-rule.ts';
import { decide, type Decider } from './decide.ts';
import { Grouping } from './group.ts';

/** Where the results of one view go. */
interface Outlet {
  readonly output$: Subject<WindowOutput>;
  rules: number;
}

export interface Joined {
  readonly view: number;
  readonly leave: () => void;
}

/**
 * The windows of all rules that select and group readings alike, and that began before the first of these came: select →
 * window → a view's results to the rules on that view → decide.
 */
export class WindowIntake implements Intake {
  readonly selection: Selection;
  readonly windows: WindowSet;
  readonly #grouping: Grouping;
  readonly #selected: WhereMatcher;
  readonly #input$ = new Subject<WindowInput>();
  readonly #outlets = new Map<number, Outlet>();
  readonly #picks = new Picks();
  #decisions: Decision[] = [];

  /** @param rule any one of those that share it */
  constructor(rule: ThresholdRule, windows: WindowSet) {
    const { domain, metric, where } = rule.when;
    this.selection = { domain, metric, ...(where === undefined ? {} : { where }) };
    this.windows = windows;
    this.#grouping = new Grouping(rule);
    this.#selected = compileWhere(where ?? {});
    this.#input$.pipe(eventTimeWindows(this.windows)).subscribe((output) => this.#fanOut(output));
  }

  /** False once no rule decides by it. */
  get isWanted(): boolean {
    return this.#outlets.size > 0;
  }

  select(series: Series, labels: Labels): number | null {
    if (!this.#selected(series, labels)) return null;
    return this.windows.member(this.#grouping.keyOf(series, labels), series.device);
  }

  pick(member: number, series: number): number {
    return this.#picks.add(member, series);
  }

  push(readings: PickedReadings): readonly Decision[] {
    const decisions = this.#run({ kind: 'readings', picks: this.#picks, ...readings });
    this.#picks.clear();
    return decisions;
  }

  tick(clock: number, stamp: number): readonly Decision[] {
    return this.windows.passTick(clock) ? NONE : this.#run({ kind: 'tick', clock, stamp });
  }

  /** Has alerts decided by the windows of a view from now on. @returns the view's number, and how to end that */
  join(view: WindowView, alerts: Decider): Joined {
    const number = this.windows.view(view);
    const outlet = this.#outletOf(number);
    const subscription = outlet.output$.pipe(decide(alerts)).subscribe((made) => this.#decisions.push(...made));
    outlet.rules++;
    return { view: number, leave: () => this.#leave(number, subscription) };
  }

  #outletOf(view: number): Outlet {
    let outlet = this.#outlets.get(view);
    if (outlet === undefined) this.#outlets.set(view, (outlet = { output$: new Subject(), rules: 0 }));
    return outlet;
  }

  #leave(view: number, subscription: Subscription): void {
    subscription.unsubscribe();
    const outlet = this.#outlets.get(view)!;
    if (--outlet.rules > 0) return;
    this.#outlets.delete(view);
    this.windows.dropView(view);
  }

  /** Everything in the stream is synchronous, so an input's decisions are there when it returns. */
  #run(input: WindowInput): readonly Decision[] {
    this.#input$.next(input);
    if (this.#decisions.length === 0) return NONE;
    const decisions = this.#decisions;
    this.#decisions = [];
    return decisions;
  }

  #fanOut({ stamp, results }: WindowOutput): void {
    const byView: WindowResult[][] = [];
    for (const result of results) (byView[result.view] ??= []).push(result);
    byView.forEach((of, view) => this.#outlets.get(view)?.output$.next({ stamp, results: of }));
  }
}

const NONE: readonly Decision[] = [];
