import { afterEach, describe, expect, it } from '@jest/globals';
import { QUERY_LIMITS } from '@seawall/query';
import { readFileSync } from 'node:fs';
import { maxHeaderSize } from 'node:http';
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_VALUES } from './http/parameters.ts';
import { MAX_KEY_LENGTH } from './http/telemetry-body.ts';
import { MAX_LISTED_SPANS } from './http/views.ts';
import { DEFAULT_LIMITS } from './options.ts';
import { MAX_BY, MAX_COMMENT } from './routes/parse-acknowledgement.ts';
import { post, RULE, testApi, type TestApi } from './test-api.ts';

const document = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8');
const limits = document.split('\n## Limits\n')[1]!.split('\n## ')[0]!;
const MEBIBYTE = 1024 * 1024;
const inWords = (value: number) => value.toLocaleString('en');
const { telemetryBytes, bodyBytes, heldBytes, queries, rules, streams, connections } = DEFAULT_LIMITS;
const { metrics, whereKeys, patterns, patternLength, aggregates, groupBy } = QUERY_LIMITS;
const QUERY = { metrics: ['pm25'], from: '-1h' };
const many = (count: number, what = 'a') => Array.from({ length: count }, (_, i) => `${what}${i}`);

/** What docs/http.md tells integrators is held against the code. */
describe('the page for integrators', () => {
  let api: TestApi;
  afterEach(() => api?.close());

  it.each([
    `as inflated | ${telemetryBytes / MEBIBYTE} MiB |`,
    `any other body: a query, a rule, … | ${bodyBytes / MEBIBYTE} MiB |`,
    `held at one time | ${heldBytes / MEBIBYTE} MiB | 503 with \`Retry-After: 1\` |`,
    `| \`Idempotency-Key\` | ${MAX_KEY_LENGTH} characters |`,
    `| queries at one time | ${queries} | 503 with \`Retry-After: 1\` |`,
    `| \`metrics\` of a query | ${metrics} |`,
    `| keys of \`where\` | ${whereKeys} |`,
    `| patterns of one key | ${inWords(patterns)}, each of ${patternLength} characters |`,
    `| \`aggregate\` | ${aggregates} |`,
    `| \`groupBy\` | ${groupBy} |`,
    `| \`limit\` of a query | ${inWords(QUERY_LIMITS.points)}; ${inWords(QUERY_LIMITS.pointsUnlessGiven)} unless given |`,
    `| \`maxPoints\`, and buckets of a range | ${inWords(QUERY_LIMITS.buckets)} |`,
    `| \`limit\` of a list | ${inWords(MAX_LIMIT)}; ${DEFAULT_LIMIT} unless given |`,
    `| \`labelHistory\` of a device in a list | ${MAX_LISTED_SPANS} |`,
    `that is repeated | ${MAX_VALUES} |`,
    `| rules | ${inWords(rules)} | 409 |`,
    `of an acknowledgement | ${MAX_BY} and ${inWords(MAX_COMMENT)} characters |`,
    `| streams at one time | ${streams} | 503 with \`Retry-After: 5\` |`,
    `its answer or stream | ${DEFAULT_LIMITS.stallMs / 1000} s |`,
    `| connections | ${inWords(connections)} |`,
    `| a request's headers | ${maxHeaderSize / 1024} KiB, here within ${DEFAULT_LIMITS.headersMs / 1000} s |`,
    `| a whole request | ${DEFAULT_LIMITS.requestMs / 1000} s |`,
  ])('tells the limit %j', (row) => expect(limits).toContain(row));

  it.each<[string, object]>([
    ['metrics', { metrics: many(metrics + 1) }],
    ['where', { where: Object.fromEntries(many(whereKeys + 1).map((key) => [key, ['x']])) }],
    ['where.district', { where: { district: many(patterns + 1) } }],
    ['where.district[0]', { where: { district: ['x'.repeat(patternLength + 1)] } }],
    ['aggregate', { aggregate: many(aggregates + 1, 'p').map((_, i) => `p${i + 1}`) }],
    ['groupBy', { aggregate: ['mean'], groupBy: many(groupBy + 1) }],
    ['limit', { limit: QUERY_LIMITS.points + 1 }],
    ['maxPoints', { aggregate: ['mean'], step: 'auto', maxPoints: QUERY_LIMITS.buckets + 1 }],
    ['step', { aggregate: ['mean'], step: '1s', from: '-30d' }],
  ])('tells where a query ends: %s', async (field, more) => {
    api = await testApi();
    const { status, body } = await api.json('/api/v1/query', post({ ...QUERY, ...more }));
    expect([status, body.issues.map((issue) => issue.field)]).toEqual([400, [field]]);
  });

  it('tells what a client is answered where there is no more room', async () => {
    api = await testApi({ limits: { queries: 0, streams: 0, rules: 0, bodyBytes: 1_000 } });
    const answered = async (path: string, init?: RequestInit) => {
      const { status, headers } = await api.json(path, init);
      return [status, headers.get('retry-after')];
    };
    expect(await answered('/api/v1/query', post(QUERY))).toEqual([503, '1']);
    expect(await answered('/api/v1/stream/live')).toEqual([503, '5']);
    expect(await answered('/api/v1/rules', post(RULE))).toEqual([409, null]);
    expect(await answered('/api/v1/query', post('x'.repeat(1_001)))).toEqual([413, null]);
  });

  it('tells what a client is answered where too many bodies are held', async () => {
    api = await testApi({ limits: { heldBytes: 10 } });
    const { status, headers } = await api.json('/api/v1/query', post(QUERY));
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  });
});
