import { importRecording, mappingNames } from '@seawall/devices-sim';
import { Command } from 'commander';
import { progressBar } from '../progress-bar.ts';
import { recordingReport } from '../recording-report.ts';
import { addAddressOptions, hubAddress } from './hub-address.ts';
import { interruption } from './interruption.ts';

interface ImportOptions {
  readonly mapping: string;
  readonly notify?: boolean;
  readonly url: string;
  readonly mqttUrl: string;
}

export function importCommand(): Command {
  const command = new Command('import')
    .description('Bring CSV files into a running hub; a mapping file says what the columns mean.')
    .argument('<path>', 'a CSV file, or a folder of files that share the mapping')
    .requiredOption('--mapping <file>', `columns, time zone and units: a file, or one of ${mappingNames().join(', ')}`)
    .option('--notify', 'let alerts on the imported readings notify people, which they otherwise do not');
  return addAddressOptions(command)
    .addHelpText(
      'after',
      `
Rules decide on imported readings as on any others; their alerts are seen in the API.
An import that was interrupted can be started again: readings are stored once.

Example:
  seawall import ./beijing_air_quality --mapping beijing_air_quality`,
    )
    .action(runImport);
}

async function runImport(path: string, options: ImportOptions): Promise<void> {
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
