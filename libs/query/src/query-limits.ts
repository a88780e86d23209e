/** What a query document may hold. */
export const QUERY_LIMITS = {
  metrics: 100,
  whereKeys: 32,
  /** Of one key. */
  patterns: 1000,
  patternLength: 256,
  groupBy: 16,
  aggregates: 32,
  /** `limit`: points of one answer. */
  points: 1_000_000,
  /** The same where the document names no limit. */
  pointsUnlessGiven: 100_000,
  /** Over the whole range, and so `maxPoints`. */
  buckets: 1_000_000,
} as const;
