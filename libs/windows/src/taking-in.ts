import { fetchAhead } from './fetch-ahead.ts';
import { forgetIncreases } from './increases.ts';
import type { Lanes } from './lanes.ts';
import type { Scope } from './scope.ts';
import type { Scopes } from './scopes.ts';
import type { Views } from './views.ts';
import type { Readings, WindowTiming } from './window-types.ts';

/** Picks that could not pass are taken in so many at a time: what they ask for must fit into the processor's cache. */
const SIDE_BY_SIDE = 64;
/** Their places, and the numbers of their scopes: one room for all sets, of which one at a time takes in readings. */
const stopped = new Uint32Array(SIDE_BY_SIDE);
const scopesOfStopped = new Uint32Array(SIDE_BY_SIDE);

/** Puts readings where they belong: most are written down by the lane of their scope, the others go to its segments one by one. */
export class TakingIn {
  readonly #timing: WindowTiming;
  readonly #scopes: Scopes;
  readonly #views: Views;
  readonly #lanes: Lanes;
  #inputs = 0;
  /** How many readings came later than is allowed. */
  late = 0;

  constructor(timing: WindowTiming, scopes: Scopes, views: Views, lanes: Lanes) {
    this.#timing = timing;
    this.#scopes = scopes;
    this.#views = views;
    this.#lanes = lanes;
  }

  /**
   * Tells of each scope for which more is to be done, once all its readings are there; its lane is closed. Of one series
   * that can't come twice they are there at once, and all that belongs to it is still at hand.
   */
  take(input: Readings, goOn: (scope: Scope) => void): void {
    const { picks, once = false } = input;
    const { members, length } = picks;
    const { scopeOf } = this.#scopes;
    const touched: Scope[] = [];
    // Where a member is picked twice, what it was picked for first is taken in first.
    const most = once ? SIDE_BY_SIDE : 1;
    let stops = 0;
    this.#inputs++;
    for (let i = this.#lanes.pass(input, scopeOf, 0); i < length; i = this.#lanes.pass(input, scopeOf, i + 1)) {
      stopped[stops] = i;
      scopesOfStopped[stops++] = scopeOf[members[i]!]!;
      if (stops < most) continue;
      this.#takeStopped(stops, input, touched, goOn);
      stops = 0;
    }
    this.#takeStopped(stops, input, touched, goOn);
    for (const scope of touched) goOn(scope);
  }

  #takeStopped(stops: number, input: Readings, touched: Scope[], goOn: (scope: Scope) => void): void {
    if (stops > 1) fetchAhead(this.#scopes, this.#lanes, scopesOfStopped, stops);
    for (let i = 0; i < stops; i++) {
      const scope = this.#scopes.at(scopesOfStopped[i]!);
      if (!this.#ingest(scope, stopped[i]!, input)) continue;
      if (input.once === true && scope.isOfOne) goOn(scope);
      else if (scope.touchedBy !== this.#inputs) {
        scope.touchedBy = this.#inputs;
        touched.push(scope);
      }
    }
  }

  /** Takes in the rows of a picked series. @returns whether any reading counted */
  #ingest(scope: Scope, pick: number, { runs, picks, mark, clock }: Readings): boolean {
    const { rows, offsets, batch } = runs;
    const { eventTime, value } = batch;
    const series = picks.series[pick]!;
    const place = this.#scopes.placeOf[picks.members[pick]!]!;
    scope.leaveLane();
    const watermark = scope.watermark.value;
    const horizon = scope.horizon(this.#timing.allowedLatenessMs);
    let newest = -Infinity;
    let tooLate = 0;
    const end = offsets[series + 1]!;
    for (let at = offsets[series]!; at < end; at++) {
      const row = rows[at]!;
      const time = eventTime[row]!;
      if (time < watermark) {
        if (time < horizon) {
          tooLate++;
          continue;
        }
        scope.late.push(time, place);
      }
      let { segment } = scope;
      if (segment === null || time < segment.start || time >= segment.end) segment = scope.openSegment(time);
      segment.append(time, value[row]!, place, mark, scope);
      if (time < scope.oldest) this.#beginAt(scope, time, segment.end);
      if (this.#views.ofIncreases) forgetIncreases(scope.segments, segment);
      if (this.#views.early) scope.changed.push(time);
      if (time > newest) newest = time;
    }
    const counted = end - offsets[series]! - tooLate;
    this.late += tooLate;
    if (counted === 0) return false;
    scope.held += counted;
    scope.watermark.heard(place, newest, clock);
    return true;
  }

  /** Something may be due sooner than was known: windows of an event time, or the closing of its segment. */
  #beginAt(scope: Scope, time: number, segmentEnd: number): void {
    let due = Math.min(scope.due, segmentEnd + this.#timing.allowedLatenessMs);
    for (const view of this.#views.present) due = Math.min(due, view.dueBy(scope.views[view.number]!, time));
    scope.oldest = time;
    scope.due = due;
  }
}
