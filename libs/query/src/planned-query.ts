import type { Area, QueryPlan, QueryPosition } from '@seawall/model';
import type { Comparison } from './comparison.ts';

/** What `parseQuery` makes of a document: the plan a store is asked, and what the shaping of the answer needs beside it. */
export interface PlannedQuery extends QueryPlan {
  /**
   * Points of this page, filled ones included. The plan's own `limit` is higher where a filled series has to be asked
   * again from its start; then everything up to `given` is passed over.
   */
  readonly page: { readonly limit: number; readonly given?: QueryPosition };
  /** Where the devices must be; who asks the store finds them and puts them into `devices`. */
  readonly area?: Area;
  /** With an `offset`: the plan itself is of the range that is shown, and the store is asked another. */
  readonly comparison?: Comparison;
  /** Digest of the document without `cursor` and `limit`; binds a `next` cursor to its query. */
  readonly fingerprint: string;
}

/** The plan to ask a store, whose chunks the answer is then made of. */
export function storePlan(plan: PlannedQuery): QueryPlan {
  return plan.comparison?.asked ?? plan;
}
