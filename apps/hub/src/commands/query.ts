import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { UsageError } from '@seawall/devices-sim';
import { queryTable, type QueryAnswer } from '../query-table.ts';
import { addAddressOptions, hubAddress, type HubAddress } from './hub-address.ts';

interface QueryOptions {
  readonly metric?: readonly string[];
  readonly where?: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly step?: string;
  readonly aggregate?: string;
  readonly groupBy?: string;
  readonly fill?: string;
  readonly timeZone?: string;
  readonly limit?: string;
  readonly document?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly url: string;
  readonly mqttUrl: string;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function queryCommand(): Command {
  const command = new Command('query')
    .description('Ask a running hub for its history; a table in the terminal, or --json or --csv.')
    .option('-m, --metric <name>', 'a metric; may be given several times', collect)
    .option(
      '-w, --where <label=value>',
      'only what has this label; several values with commas, * globs, ! excludes',
      collect,
    )
    .option('--from <time>', 'epoch ms, RFC 3339, or relative: -24h', '-24h')
    .option('--to <time>', 'as --from', 'now')
    .option('--step <duration>', '5m, 1h, 1d … or auto')
    .option('--aggregate <list>', 'count,sum,mean,min,max,first,last,stddev,p1…p99')
    .option('--group-by <labels>', 'labels with commas: district,device')
    .option('--fill <how>', 'none, null, previous, linear or a number')
    .option('--time-zone <zone>', "IANA zone of calendar steps (default: the hub's)")
    .option('--limit <points>', 'points at most')
    .option('--document <file>', 'a query document as JSON instead of the flags; - reads standard input')
    .option('--json', 'the answer as the API gives it')
    .option('--csv', 'the answer as CSV');
  return addAddressOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  seawall query --metric pm25 --from -6h --step 1h --aggregate mean,max --group-by district
  seawall query --metric speed --where device=loop-1 --from -15m
  echo '{"metrics":["pm25"],"from":"-1h"}' | seawall query --document - --json`,
    )
    .action(query);
}

async function query(options: QueryOptions): Promise<void> {
  const address = hubAddress(options);
  const document = options.document === undefined ? documentOf(options) : readDocument(options.document);
  const accept = options.csv ? 'text/csv' : 'application/json';
  const response = await post(address, document, accept);
  if (!response.ok) throw new UsageError(await refusal(response));
  if (options.csv || options.json) {
    for await (const piece of response.body ?? []) process.stdout.write(piece as Uint8Array);
    return;
  }
  process.stdout.write(queryTable((await response.json()) as QueryAnswer));
}

async function post(address: HubAddress, document: unknown, accept: string): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept };
  if (address.token !== undefined) headers.authorization = `Bearer ${address.token}`;
  try {
    return await fetch(`${address.url}/api/v1/query`, { method: 'POST', headers, body: JSON.stringify(document) });
  } catch (error) {
    throw new UsageError(`no hub answers at ${address.url}. Is it running? --url names another one.`, { cause: error });
  }
}

/** The hub's problem document, as sentences. */
async function refusal(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as {
      detail?: string;
      title?: string;
      issues?: { field?: string; message: string }[];
    };
    const issues = (problem.issues ?? []).map(
      ({ field, message }) => `\n  ${field === undefined ? '' : `${field}: `}${message}`,
    );
    return `${problem.detail ?? problem.title ?? text}${issues.join('')}`;
  } catch {
    return `the hub answered ${response.status}: ${text.slice(0, 200)}`;
  }
}

function documentOf(options: QueryOptions): unknown {
  if (options.metric === undefined)
    throw new UsageError('say which metric: --metric pm25 (or give a whole --document).');
  const list = (text: string | undefined) => text?.split(',').map((item) => item.trim());
  const document = {
    metrics: options.metric,
    where: options.where === undefined ? undefined : whereOf(options.where),
    from: timeOf(options.from),
    to: timeOf(options.to),
    step: options.step,
    aggregate: list(options.aggregate) ?? (options.step === undefined ? undefined : ['mean']),
    groupBy: list(options.groupBy),
    fill:
      options.fill !== undefined && options.fill !== '' && !Number.isNaN(Number(options.fill))
        ? Number(options.fill)
        : options.fill,
    timeZone: options.timeZone,
    limit: options.limit === undefined ? undefined : Number(options.limit),
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}

function whereOf(conditions: readonly string[]): Record<string, string[]> {
  const where: Record<string, string[]> = {};
  for (const condition of conditions) {
    const at = condition.indexOf('=');
    if (at < 1) throw new UsageError(`--where takes label=value, not "${condition}".`);
    (where[condition.slice(0, at)] ??= []).push(...condition.slice(at + 1).split(','));
  }
  return where;
}

function timeOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function readDocument(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--document ${file} can't be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
