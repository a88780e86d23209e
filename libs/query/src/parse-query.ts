import { isTimeZone } from '@seawall/calendar';
import {
  isLongerThan,
  QUERY_AGGREGATES,
  type Fill,
  type QueryAggregate,
  type QueryPlan,
  type Where,
} from '@seawall/model';
import { bucketIndex } from './bucket-index.ts';
import { compareAt } from './comparison.ts';
import { isRecord, nameSentence, readStrings, readWholeNumber, shown } from './field-readers.ts';
import { decodeCursor, fingerprintOf, type PageCursor } from './page-cursor.ts';
import type { PlannedQuery } from './planned-query.ts';
import { QUERY_LIMITS } from './query-limits.ts';
import { Issues, QueryError } from './query-error.ts';
import { readOffset } from './read-offset.ts';
import { readStepping } from './read-stepping.ts';
import { readArea } from './read-area.ts';
import { readTime } from './read-time.ts';

export interface QueryContext {
  /** Epoch ms. */
  readonly now: number;
  /** The hub's, for documents that name none. */
  readonly timeZone: string;
  /** The highest `limit` that may be asked for; 1,000,000 unless given. */
  readonly maxLimit?: number;
  /** Buckets over the whole range at most; 1,000,000 unless given. */
  readonly maxBuckets?: number;
}

const FIELDS = [
  ...['metrics', 'where', 'area', 'from', 'to', 'offset', 'step', 'maxPoints', 'aggregate', 'timeZone', 'groupBy'],
  ...['fill', 'flags', 'limit', 'cursor'],
];
const FILLS = ['none', 'null', 'previous', 'linear'];
const ZONE = /^(?:[A-Za-z][A-Za-z0-9_+\-/]{0,63}|[+-]\d{2}:\d{2})$/;

/**
 * A query document as it came from outside, made into a plan with every relative thing resolved.
 * @throws QueryError with a sentence for each fault of the document
 */
export function parseQuery(document: unknown, context: QueryContext): PlannedQuery {
  if (!isRecord(document)) {
    const message = `The query is ${shown(document)}; write an object such as {"metrics":["pm25"],"from":"-24h"}.`;
    throw new QueryError([{ field: '', message }]);
  }
  const issues = new Issues();
  for (const name of Object.keys(document)) {
    if (!FIELDS.includes(name)) {
      issues.add(name, `There is no field ${shown(name)}; the fields are ${FIELDS.join(', ')}.`);
    }
  }
  const what = readWhat(issues, document);
  const timeZone = readTimeZone(issues, document['timeZone'], context.timeZone) ?? 'UTC';
  const fill = readFill(issues, document['fill']) ?? 'none';
  const limit = readLimit(issues, document['limit'], context.maxLimit ?? QUERY_LIMITS.points) ?? 1;
  const area = document['area'] === undefined ? undefined : readArea(issues, document['area']);
  const flags = readFlags(issues, document['flags']) ?? false;
  const where = Object.entries(what.where).sort(([a], [b]) => (a < b ? -1 : 1));
  const shape = { ...what, where, timeZone, fill, area: area ?? null, flags };
  const { from, to, step, maxPoints, offset: moved } = document;
  const fingerprint = fingerprintOf([shape, ...[from, to ?? 'now', step, maxPoints, moved].map(plainOrNull)]);
  const cursor = readCursor(issues, document['cursor'], fingerprint);
  const range = cursor ?? readRange(issues, document, context.now, timeZone);
  const offset = moved === undefined || range === undefined ? undefined : readOffset(issues, moved, range, timeZone);
  const stepping = readStepping(issues, document, {
    timeZone,
    range,
    offset,
    maxBuckets: context.maxBuckets ?? QUERY_LIMITS.buckets,
  });
  checkTogether(issues, document);
  issues.throwIfAny();
  const plan = {
    ...what,
    from: range!.from,
    to: range!.to,
    fill,
    limit,
    timeZone,
    ...(flags && { flags }),
    ...stepping!,
  };
  const { page, ...asked } = paging(plan, cursor);
  const comparison = offset && compareAt(offset, { ...plan, ...asked });
  return { ...plan, ...asked, page, ...(area && { area }), ...(comparison && { comparison }), fingerprint };
}

/** Where there should be text or a number: anything else is complained about, and may be deeper than JSON can write. */
function plainOrNull(value: unknown): unknown {
  return typeof value === 'object' ? null : (value ?? null);
}

/** Which readings, and how they are put together. */
function readWhat(
  issues: Issues,
  document: Record<string, unknown>,
): Pick<QueryPlan, 'metrics' | 'where' | 'aggregate' | 'groupBy'> {
  const { metrics, where, aggregate, groupBy } = document;
  const aggregates = { min: 0, max: QUERY_LIMITS.aggregates, what: 'mean' };
  return {
    metrics:
      metrics === undefined
        ? (issues.add('metrics', 'Name the metrics to answer, such as ["pm25"].') ?? [])
        : (readStrings(
            issues,
            'metrics',
            metrics,
            { min: 1, max: QUERY_LIMITS.metrics, what: 'metric' },
            nameSentence,
          ) ?? []),
    where: where === undefined ? {} : (readWhere(issues, where) ?? {}),
    aggregate:
      aggregate === undefined
        ? []
        : ((readStrings(issues, 'aggregate', aggregate, aggregates, aggregateSentence) ?? []) as QueryAggregate[]),
    groupBy:
      groupBy === undefined
        ? []
        : (readStrings(
            issues,
            'groupBy',
            groupBy,
            { min: 0, max: QUERY_LIMITS.groupBy, what: 'label' },
            nameSentence,
          ) ?? []),
  };
}

function aggregateSentence(name: string): string | undefined {
  if ((QUERY_AGGREGATES as readonly string[]).includes(name) || /^p[1-9]\d?$/.test(name)) return undefined;
  return `${shown(name)} is not an aggregate; use ${QUERY_AGGREGATES.join(', ')} or p1 to p99.`;
}

function readWhere(issues: Issues, value: unknown): Where | undefined {
  if (!isRecord(value))
    return issues.add('where', `Write an object such as {"district":["harbour"]}, not ${shown(value)}.`);
  const keys = Object.keys(value);
  if (keys.length > QUERY_LIMITS.whereKeys)
    return issues.add('where', `There are ${keys.length} keys; ${QUERY_LIMITS.whereKeys} are allowed.`);
  const bounds = { min: 1, max: QUERY_LIMITS.patterns, what: 'pattern' };
  const entries = keys.map((key) => {
    const fault = nameSentence(key);
    if (fault !== undefined) issues.add(`where.${key}`, fault);
    return [key, readStrings(issues, `where.${key}`, value[key], bounds, patternSentence) ?? []] as const;
  });
  return Object.fromEntries(entries);
}

function patternSentence(pattern: string): string | undefined {
  if (pattern === '' || pattern === '!')
    return 'The pattern is empty; write a value, "*" for any, or "!" and a value to exclude it.';
  if (isLongerThan(pattern, QUERY_LIMITS.patternLength))
    return `The pattern is longer than ${QUERY_LIMITS.patternLength} characters.`;
  return undefined;
}

function readTimeZone(issues: Issues, value: unknown, hubs: string): string | undefined {
  if (value === undefined) return hubs;
  if (typeof value === 'string' && ZONE.test(value) && isTimeZone(value)) return value;
  return issues.add(
    'timeZone',
    `${shown(value)} is not a time zone known here; write an IANA name such as "Asia/Shanghai".`,
  );
}

function readFill(issues: Issues, value: unknown): Fill | undefined {
  if (value === undefined) return 'none';
  if ((typeof value === 'string' && FILLS.includes(value)) || Number.isFinite(value)) return value as Fill;
  return issues.add('fill', `${shown(value)} is not a way to fill; use ${FILLS.join(', ')} or a number.`);
}

function readFlags(issues: Issues, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  return issues.add('flags', `Write true or false, not ${shown(value)}.`);
}

function readLimit(issues: Issues, value: unknown, max: number): number | undefined {
  return value === undefined
    ? Math.min(QUERY_LIMITS.pointsUnlessGiven, max)
    : readWholeNumber(issues, 'limit', value, [1, max]);
}

function readCursor(issues: Issues, value: unknown, fingerprint: string): PageCursor | undefined {
  if (value === undefined || value === null) return undefined;
  const cursor = typeof value === 'string' ? decodeCursor(fingerprint, value) : undefined;
  return (
    cursor ??
    issues.add('cursor', 'This is not the "next" of an answer to this query; only "limit" may change between pages.')
  );
}

/** Epoch ms; `from` inclusive, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function readRange(
  issues: Issues,
  document: Record<string, unknown>,
  now: number,
  timeZone: string,
): Range | undefined {
  const { from: first, to: last = 'now' } = document;
  const to = readTime(issues, 'to', last, now, timeZone);
  if (first === undefined) return issues.add('from', 'Say where the range begins, such as "-24h".');
  const from = readTime(issues, 'from', first, now, timeZone);
  if (from === undefined || to === undefined) return undefined;
  if (from >= to)
    return issues.add('from', `The range is empty: from (${shown(first)}) is not before to (${shown(last)}).`);
  return { from, to };
}

/** Faults that no field has alone. */
function checkTogether(issues: Issues, { aggregate, step, groupBy, fill, flags }: Record<string, unknown>): void {
  const raw = !Array.isArray(aggregate) || aggregate.length === 0;
  const stepped = step !== undefined && step !== null;
  if (raw && stepped) issues.add('aggregate', 'A query with a step needs an aggregate, such as ["mean"].');
  if (raw && Array.isArray(groupBy) && groupBy.length > 0) {
    issues.add('groupBy', 'Raw readings are not grouped; leave groupBy out, or add an aggregate such as ["mean"].');
  }
  if (!raw && flags === true)
    issues.add('flags', 'Flags belong to raw readings; leave flags out, or the step and the aggregate.');
  if (!stepped && fill !== undefined && fill !== 'none')
    issues.add('fill', 'Only a query with a step has gaps to fill; leave fill out.');
}

function paging(plan: QueryPlan, cursor: PageCursor | undefined): Pick<PlannedQuery, 'page' | 'limit' | 'after'> {
  const { limit, fill, buckets } = plan;
  if (cursor === undefined) return { page: { limit }, limit };
  const { given } = cursor;
  if (fill === 'none' || buckets === undefined) return { page: { limit }, limit, after: given };
  // What a gap is filled with may lie on the page before, so the series is asked for from its start.
  return {
    page: { limit, given },
    limit: limit + bucketIndex(buckets, given.time) + 1,
    after: { series: given.series, time: -Infinity },
  };
}
