import { HttpError } from '@influxdata/influxdb-client';
import { StoreUnavailableError } from '@seawall/ports';
import type { InfluxConnection, Policy } from './influx-connection.ts';
import { identifier } from './influx-ql.ts';
import { StatementError } from './read-rows.ts';

/** What is kept, and what InfluxDB is asked to cut it into: a week for readings, longer where there is less. */
const POLICIES: readonly { readonly policy: Policy; readonly shards: string }[] = [
  { policy: 'raw', shards: '7d' },
  { policy: '1m', shards: '28d' },
  { policy: '1h', shards: '52w' },
  { policy: 'hub', shards: '520w' },
];

/**
 * Makes the database with its policies, or the buckets, where they are missing. What is there stays as it is.
 * @throws StoreUnavailableError also with what to create, where InfluxDB does not let Seawall create it
 */
export async function setUp(connection: InfluxConnection): Promise<void> {
  const version = await connection.version();
  if (/^v?3\./.test(version)) {
    const sentence =
      'InfluxDB 3 deletes no readings, which labels that change and retention need; take InfluxDB 1.8 or 2.';
    throw new StoreUnavailableError(sentence);
  }
  if ((await connection.api()) === 1) return setUpPolicies(connection);
  // Of what else speaks its protocol nobody knows.
  if (/^v?2\./.test(version)) await setUpBuckets(connection);
}

async function setUpPolicies(connection: InfluxConnection): Promise<void> {
  const database = identifier(connection.database);
  const known = await policiesOf(connection);
  if (known === undefined) {
    const raw = POLICIES[0]!;
    await create(
      connection,
      `CREATE DATABASE ${database} WITH DURATION INF REPLICATION 1 SHARD DURATION ${raw.shards} NAME "raw"`,
    );
  }
  const there = known ?? new Set<string>(['raw']);
  for (const { policy, shards } of POLICIES) {
    if (there.has(policy)) continue;
    await create(
      connection,
      `CREATE RETENTION POLICY ${identifier(policy)} ON ${database} DURATION INF REPLICATION 1 SHARD DURATION ${shards}`,
    );
  }
}

/** @returns the names of the database's policies; undefined where there is no such database */
async function policiesOf(connection: InfluxConnection): Promise<ReadonlySet<string> | undefined> {
  try {
    const names = new Set<string>();
    for await (const { values } of connection.statement(
      `SHOW RETENTION POLICIES ON ${identifier(connection.database)}`,
    ))
      for (const [name] of values) names.add(String(name));
    return names;
  } catch (error) {
    if (error instanceof StatementError && error.message.includes('database not found')) return undefined;
    throw error instanceof StatementError ? connection.refused(error) : error;
  }
}

async function create(connection: InfluxConnection, statement: string): Promise<void> {
  try {
    await connection.rows(statement);
  } catch (cause) {
    throw withAdvice(cause, `If Seawall may not do so, let somebody who may run: ${statement}`);
  }
}

/** Where InfluxDB has answered and said no; one that does not answer needs no advice. */
function withAdvice(error: unknown, advice: string): unknown {
  if (!(error instanceof Error) || !(error.cause instanceof HttpError || error.cause instanceof StatementError))
    return error;
  return new StoreUnavailableError(`${error.message} ${advice}`, { cause: error });
}

async function setUpBuckets(connection: InfluxConnection): Promise<void> {
  for (const { policy } of POLICIES) {
    const name = connection.bucket(policy);
    const query = new URLSearchParams({ name, ...(connection.org && { org: connection.org }) });
    const { buckets = [] } = (await connection.json('GET', `/api/v2/buckets?${query.toString()}`)) as {
      buckets?: unknown[];
    };
    if (buckets.length > 0) continue;
    try {
      await connection.json('POST', '/api/v2/buckets', { name, orgID: await orgId(connection), retentionRules: [] });
    } catch (cause) {
      throw withAdvice(cause, `If Seawall's token may not do so, make the bucket "${name}" by hand.`);
    }
  }
}

async function orgId(connection: InfluxConnection): Promise<string> {
  const query = connection.org === undefined ? '' : `?${new URLSearchParams({ org: connection.org }).toString()}`;
  const { orgs = [] } = (await connection.json('GET', `/api/v2/orgs${query}`)) as { orgs?: { readonly id: string }[] };
  if (orgs.length !== 1)
    throw new StoreUnavailableError(
      `InfluxDB has ${orgs.length} organisations that Seawall could mean; name the one to use.`,
    );
  return orgs[0]!.id;
}
