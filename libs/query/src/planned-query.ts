import type { Area, QueryPlan, QueryPosition } from '@seawall/model';

/** What `parseQuery` makes of a document: the plan a store is asked, and what the shaping of the answer needs beside it. */
export interface PlannedQuery extends QueryPlan {
  /**
   * Points of this page, filled ones included. The plan's own `limit` is higher where a filled series has to be asked
   * again from its start; then everything up to `given` is passed over.
   */
  readonly page: { readonly limit: number; readonly given?: QueryPosition };
  /** Where the devices must be; who asks the store finds them and puts them into `devices`. */
  readonly area?: Area;
  /** Digest of the document without `cursor` and `limit`; binds a `next` cursor to its query. */
  readonly fingerprint: string;
}
