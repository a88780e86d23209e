import type { QueryChunk, QueryPlan } from '@seawall/model';
import type { Selection } from '@seawall/query';

/** Makes chunks of an answer's points, and ends it one point after the limit. */
export class AnswerChunks {
  readonly #plan: QueryPlan;
  readonly #selection: Selection;
  readonly #names: readonly string[];
  #room: number;

  constructor(plan: QueryPlan, selection: Selection, room = plan.limit + 1) {
    this.#plan = plan;
    this.#selection = selection;
    this.#names = plan.aggregate.length > 0 ? plan.aggregate : plan.flags ? ['value', 'flags'] : ['value'];
    this.#room = room;
  }

  /** The rest of the answer, by a selection of what is left. */
  goingOn(selection: Selection): AnswerChunks {
    return new AnswerChunks(this.#plan, selection, this.#room);
  }

  /** Points that may still come. */
  get room(): number {
    return this.#room;
  }

  /** @param columns in the order of the answer's values; they and the times are cut to what there is room for */
  chunk(group: number, time: Float64Array, columns: readonly Float64Array[]): QueryChunk {
    const { domain, metric, unit, labels } = this.#selection.groups[group]!;
    const { labelNames } = this.#selection;
    const count = Math.min(this.#room, time.length);
    this.#room -= count;
    return {
      domain,
      metric,
      unit,
      labels,
      ...(this.#plan.aggregate.length === 0 && labelNames && { labelNames }),
      time: time.subarray(0, count),
      values: Object.fromEntries(this.#names.map((name, i) => [name, columns[i]!.subarray(0, count)])),
    };
  }
}
