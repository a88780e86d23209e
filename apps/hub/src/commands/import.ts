import { importRecording, mappingNames } from '@seawall/devices-sim';
import { messageOf, UsageError } from '@seawall/devices-sim/errors';
import { Command } from 'commander';
import { progressBar } from '../progress-bar.ts';
import { recordingReport } from '../recording-report.ts';
import { importExported } from '../transfer/import-exported.ts';
import { importedText } from '../transfer/imported-text.ts';
import { PatientAsker } from '../transfer/patient-asker.ts';
import { formatOfFile } from '../transfer/read-exported.ts';
import type { ExportFormat } from '../transfer/readings-writer.ts';
import { addAddressOptions, hubAddress } from './hub-address.ts';
import { interruption } from './interruption.ts';

interface ImportOptions {
  readonly mapping?: string;
  readonly anew?: boolean;
  readonly notify?: boolean;
  readonly url: string;
  readonly mqttUrl: string;
}

export function importCommand(): Command {
  const command = new Command('import')
    .description('Bring into a running hub what "seawall export" wrote, or CSV files with a mapping of their columns.')
    .argument('<path>', 'a file of "seawall export"; or a CSV file, or a folder of files that share a mapping')
    .option(
      '--mapping <file>',
      `columns, time zone and units of other CSV files: a file, or one of ${mappingNames().join(', ')}`,
    )
    .option('--anew', 'of an export: send all of it, also what an interrupted import has sent')
    .option('--notify', 'let alerts on the imported readings notify people, which they otherwise do not');
  return addAddressOptions(command)
    .addHelpText(
      'after',
      `
Rules decide on imported readings as on any others; their alerts are seen in the API.
An import that was interrupted can be started again: readings are stored once. That of an export goes on where it
stopped (<file>.position.json), and compares in the end what the hub has with the file: count and checksum per series.
What the hub knows of a device stays; devices that it does not know are described as <file>.manifest.ndjson says.

Examples:
  seawall import environment.parquet
  seawall import ./beijing_air_quality --mapping beijing_air_quality`,
    )
    .action(runImport);
}

async function runImport(path: string, options: ImportOptions): Promise<void> {
  if (options.mapping !== undefined) return importWithMapping(path, { ...options, mapping: options.mapping });
  const format = await formatOfFile(path).catch((cause: unknown) => {
    throw new UsageError(`${path} can't be read: ${messageOf(cause)}.`, { cause });
  });
  if (format !== undefined) return importExport(path, format, options);
  throw new UsageError(`${path} is no file of "seawall export"; say with --mapping what its columns mean.`);
}

async function importExport(file: string, format: ExportFormat, options: ImportOptions): Promise<void> {
  const address = hubAddress(options);
  const signal = interruption();
  const bar = progressBar('{bar} {percentage}% {value} readings, {step}');
  try {
    const summary = await importExported({
      file,
      format,
      ...address,
      origin: options.notify ? 'live' : 'import',
      anew: options.anew === true,
      asker: new PatientAsker(address, signal),
      signal,
      onProgress: ({ step, readings, fraction }) => bar.update(readings, fraction, { step }),
      say: (sentence) => bar.say(sentence),
    });
    bar.stop();
    process.stdout.write(importedText(summary));
    const { rejected, refusedDescriptions, differences } = summary;
    if (rejected + refusedDescriptions.length + differences.length > 0) process.exitCode = 1;
  } finally {
    bar.stop();
  }
}

async function importWithMapping(path: string, options: ImportOptions & { readonly mapping: string }): Promise<void> {
  const { url, mqttUrl, token } = hubAddress(options);
  const bar = progressBar('{bar} {percentage}% {value} readings accepted');
  const summary = await importRecording({
    mapping: options.mapping,
    data: path,
    url,
    mqttUrl,
    ...(token === undefined ? {} : { token }),
    origin: options.notify ? 'live' : 'import',
    signal: interruption(),
    onProgress: ({ accepted, bytesRead, totalBytes }) =>
      bar.update(accepted, totalBytes === 0 ? 1 : bytesRead / totalBytes),
  });
  bar.stop();
  process.stdout.write(
    `${summary.accepted} readings accepted, of ${summary.devices} ${summary.devices === 1 ? 'device' : 'devices'}.\n`,
  );
  if (summary.outOfRange > 0) {
    process.stdout.write(
      `${summary.outOfRange} of them lie outside the min and max of their metric; they are stored and flagged.\n`,
    );
  }
  process.stdout.write(recordingReport(summary));
  if (summary.rejected.length > 0) process.exitCode = 1;
}
