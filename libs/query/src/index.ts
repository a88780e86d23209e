export * from './answer-csv.ts';
export * from './answer-json.ts';
export * from './answer-ndjson.ts';
export type { AnswerEnd } from './answer-page.ts';
export { partialBuckets } from './bucket-index.ts';
export * from './parse-query.ts';
export * from './planned-query.ts';
export { parseArea } from './read-area.ts';
export { QueryError, type QueryIssue } from './query-error.ts';
