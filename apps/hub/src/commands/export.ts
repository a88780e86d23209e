import { addDuration, formatRfc3339, parseDuration, parseRfc3339 } from '@seawall/calendar';
import { UsageError } from '@seawall/devices-sim/errors';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { progressBar } from '../progress-bar.ts';
import { manifestPath } from '../transfer/export-manifest.ts';
import { exportPositionPath } from '../transfer/export-position.ts';
import { exportReadings } from '../transfer/export-readings.ts';
import { PatientAsker } from '../transfer/patient-asker.ts';
import { FORMATS, type ExportFormat } from '../transfer/readings-writer.ts';
import { ADDRESS_HELP, addUrlOption, hubAddress } from './hub-address.ts';
import { interruption } from './interruption.ts';
import { namesOf, whereOf } from './query-document.ts';

interface ExportFlags {
  readonly domain: readonly string[];
  readonly metric?: readonly string[];
  readonly where?: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly format?: string;
  readonly output: string;
  readonly anew?: boolean;
  readonly url?: string;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write the readings of a running hub into a file that "seawall import" brings in again.')
    .requiredOption('-d, --domain <names>', 'a domain, or several with commas; * globs', collect)
    .option('-m, --metric <names>', 'a metric, or several with commas (default: all)', collect)
    .option('-w, --where <label=value>', 'only what has this label, as in "seawall query"', collect)
    .option('--from <time>', 'epoch ms, RFC 3339, or relative: -1y, -24h (UTC)', '1971-01-01T00:00:00Z')
    .option('--to <time>', 'as --from; readings of this time and later are left out', 'now')
    .option('--format <format>', `${FORMATS.join(', ')} (default: as the file's name ends)`)
    .requiredOption('-o, --output <file>', 'the file; it is there when all of it is')
    .option('--anew', 'begin anew, also where an export that broke off could be gone on with');
  return addUrlOption(command).addHelpText('after', `${EXPORT_HELP}${ADDRESS_HELP}`).action(runExport);
}

const EXPORT_HELP = `
Columns are time, domain, device, metric, value, unit; times to the microsecond, values as exact doubles. Beside the file
comes <file>.manifest.ndjson, with count and checksum of each series and the descriptions of the devices: keep both
together, and "seawall import" describes the devices and checks that all came through. One that broke off is gone on with
by the same command.

Examples:
  seawall export --domain environment --from -1y -o environment.parquet
  seawall export --domain traffic --metric speed --where district=harbour --from 2026-01-01T00:00:00Z -o speed.csv
`;

async function runExport(flags: ExportFlags): Promise<void> {
  const now = Date.now();
  const selection = {
    where: { domain: namesOf('--domain', flags.domain), ...whereOf(flags.where ?? []) },
    from: timeOf('--from', flags.from, now),
    to: timeOf('--to', flags.to, now),
    ...(flags.metric === undefined ? {} : { metrics: namesOf('--metric', flags.metric) }),
  };
  if (selection.from >= selection.to) throw new UsageError(`--from (${flags.from}) is not before --to (${flags.to}).`);
  const format = formatOf(flags);
  const address = hubAddress(flags);
  const signal = interruption();
  const asker = new PatientAsker(address, signal);
  const bar = progressBar('{bar} {percentage}% {value} readings, up to {at}');
  try {
    const { readings, series } = await exportReadings({
      asker,
      selection,
      format,
      file: flags.output,
      asked: askedFor(flags, format, address.url),
      anew: flags.anew === true,
      signal,
      onResume: (before) => process.stderr.write(`Going on after ${before} readings that were exported before.\n`),
      onProgress: (done, total, time) => {
        const fraction =
          total === undefined
            ? (time - selection.from) / (selection.to - selection.from)
            : done / Math.max(done, total);
        bar.update(done, fraction, { at: formatRfc3339(time) });
      },
    });
    bar.stop();
    process.stdout.write(
      `${readings} readings of ${series.length} series are in ${flags.output}; count and checksum of each in ${manifestPath(flags.output)}.\n`,
    );
  } catch (error) {
    bar.stop();
    if (existsSync(exportPositionPath(flags.output)) && !(error instanceof UsageError))
      process.stderr.write(
        `What has come so far is kept beside ${flags.output}; the same command${flags.anew ? ' without --anew' : ''} goes on with it.\n`,
      );
    throw error;
  } finally {
    bar.stop();
  }
}

/** As it was typed: what is relative to now stays what it was when the export was begun. */
function askedFor({ domain, metric, where, from, to }: ExportFlags, format: ExportFormat, url: string): string {
  const options = { '--domain': domain, '--metric': metric, '--where': where, '--from': [from], '--to': [to] };
  const named = Object.entries(options).flatMap(([name, values]) => (values ?? []).map((value) => `${name} ${value}`));
  return [...named, `--format ${format}`, `--url ${url}`].join(' ');
}

function formatOf({ format, output }: ExportFlags): ExportFormat {
  const text = format ?? extname(output).slice(1);
  const known = FORMATS.find((each) => each === text);
  if (known !== undefined) return known;
  const what = format === undefined ? `the file's name does not tell the format; give --format` : '--format takes';
  throw new UsageError(`${what} ${FORMATS.join(', ')}${format === undefined ? '' : `, not "${format}"`}.`);
}

/** Epoch ms. Must be the same in every question to the hub, so it is resolved here. @throws UsageError */
function timeOf(flag: string, text: string, now: number): number {
  const relative = /^(?:now)?([+-])(.+)$/.exec(text);
  const time =
    text === 'now'
      ? now
      : /^\d+(\.\d{1,3})?$/.test(text)
        ? Number(text)
        : relative !== null && parseDuration(relative[2]!) !== undefined
          ? addDuration(now, relative[2]!, 'UTC', relative[1] === '-' ? -1 : 1)
          : parseRfc3339(text);
  if (time !== undefined && Number.isFinite(time)) return time;
  throw new UsageError(
    `${flag} takes epoch milliseconds, RFC 3339 such as 2026-03-01T00:00:00Z, or -24h, not "${text}".`,
  );
}
