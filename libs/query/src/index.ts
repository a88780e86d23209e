export * from './answer-csv.ts';
export * from './answer-json.ts';
export * from './answer-ndjson.ts';
export type { AnswerEnd } from './answer-page.ts';
export { partialBuckets } from './bucket-index.ts';
export { bucketAt } from './bucket-at.ts';
export * from './expired-parts.ts';
export { shown } from './field-readers.ts';
export * from './is-percentile.ts';
export { judgeAhead } from './judge-ahead.ts';
export * from './kept-since.ts';
export * from './parse-query.ts';
export * from './planned-query.ts';
export { QUERY_LIMITS } from './query-limits.ts';
export { parseArea } from './read-area.ts';
export { RememberedWhere } from './remembered-where.ts';
export {
  selectSeries,
  type AnsweredSeries,
  type KnownSeries,
  type SelectedParts,
  type Selection,
} from './select-series.ts';
export * from './tier-plan.ts';
export { QueryError, type QueryIssue } from './query-error.ts';
