import { Command, type OptionValues } from 'commander';
import { readFileSync } from 'node:fs';
import { UsageError } from '@seawall/devices-sim/errors';
import { answerNotes } from '../answer-notes.ts';
import { queryTable, type QueryAnswer } from '../query-table.ts';
import { ADDRESS_HELP, addUrlOption, hubAddress, type HubAddress } from './hub-address.ts';
import { ask } from './http-client.ts';
import { queryDocument, type QueryFlags } from './query-document.ts';
import { TrailedFetch } from './trailed-fetch.ts';

interface QueryOptions extends QueryFlags {
  readonly document?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly url?: string;
}

const PATH = '/api/v1/query';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function queryCommand(): Command {
  const command = new Command('query')
    .description('Ask a running hub for its history; a table in the terminal, or --json or --csv.')
    .option('-m, --metric <names>', 'a metric, or several with commas; may be given several times', collect)
    .option(
      '-w, --where <label=value>',
      'only what has this label; several values with commas, * globs, ! excludes',
      collect,
    )
    .option('--box <edges>', 'only devices placed in it: west,south,east,north in degrees')
    .option('--circle <place>', 'only devices placed in it: longitude,latitude,metres')
    .option('--from <time>', 'epoch ms, RFC 3339, or relative: -24h (default: -24h)')
    .option('--to <time>', 'as --from (default: now)')
    .option('--offset <duration>', 'the same of another time, under the times of this one: -7d, -1y')
    .option('--step <duration>', '5m, 1h, 1d … or auto, which takes what gives --max-points')
    .option('--max-points <count>', 'with --step auto: points a series at most (default: 300)')
    .option('--aggregate <list>', 'count,sum,mean,min,max,first,last,stddev,rate,p1…p99 (default with --step: mean)')
    .option('--group-by <labels>', 'labels with commas: district,device')
    .option('--fill <how>', 'none, null, previous, linear or a number')
    .option('--flags', 'raw readings with what was noticed about them: 1 is outside the range of its metric')
    .option('--time-zone <zone>', "IANA zone of calendar steps (default: the hub's)")
    .option('--limit <points>', 'points at most')
    .option('--document <file>', 'a query document as JSON instead of the flags; - reads standard input')
    .option('--json', 'the answer as the API gives it')
    .option('--csv', 'the answer as CSV');
  return addUrlOption(command).addHelpText('after', `${EXAMPLES}${ADDRESS_HELP}`).action(query);
}

const EXAMPLES = `
Examples:
  seawall query --metric pm25 --from -6h --step 1h --aggregate mean,max --group-by district
  seawall query --metric speed --where device=loop-1 --from -15m
  seawall query --metric pm25,no2 --step auto --csv > air.csv
  seawall query --metric flow --from -1d --step 1h --offset -7d --circle 113.55,22.27,2000
  echo '{"metrics":["pm25"],"from":"-1h"}' | seawall query --document - --json
`;

/** Flags that say how to ask and what to print; all others make up the document. */
const NOT_OF_THE_DOCUMENT = new Set(['document', 'json', 'csv', 'url']);

async function query(options: QueryOptions, command: Command): Promise<void> {
  if (options.json && options.csv) throw new UsageError('give either --json or --csv.');
  const document =
    options.document === undefined ? queryDocument(options) : readDocument(options.document, command.opts());
  const put = (accept: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(document),
  });
  const address = hubAddress(options);
  if (options.csv) return printCsv(address, put('text/csv'));
  const response = await ask(address, PATH, put('application/json'));
  if (options.json) await print(response, true);
  else process.stdout.write(queryTable((await response.json()) as QueryAnswer));
}

/** Its columns have no room for what an answer says of itself, so that goes to standard error. */
async function printCsv(address: HubAddress, put: RequestInit): Promise<void> {
  const trailed = new TrailedFetch();
  await print(await ask(address, PATH, put, trailed.fetch), false);
  const { trailers } = trailed;
  const numberIn = (name: string) => (trailers[name] === undefined ? undefined : Number(trailers[name]));
  const notes = answerNotes({
    percentileError: numberIn('seawall-percentile-error'),
    expiredBefore: numberIn('seawall-expired-before'),
  });
  for (const note of notes) process.stderr.write(`${note}\n`);
  const partial = numberIn('seawall-partial') ?? 0;
  if (partial > 0)
    process.stderr.write(
      `Buckets that hold less than their time: ${partial}. The range cuts them, or something of them has expired.\n`,
    );
}

/** As it comes, no faster than it is read. */
async function print(response: Response, lineEnd: boolean): Promise<void> {
  for await (const piece of response.body ?? []) {
    if (!process.stdout.write(piece as Uint8Array))
      await new Promise((drained) => process.stdout.once('drain', drained));
  }
  if (lineEnd) process.stdout.write('\n');
}

function readDocument(file: string, given: OptionValues): unknown {
  const others = Object.keys(given).filter((name) => !NOT_OF_THE_DOCUMENT.has(name));
  if (others.length > 0) {
    const flags = others.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw new UsageError(`--document is the whole query, so ${flags.join(', ')} can't stand beside it.`);
  }
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--document ${file} can't be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
