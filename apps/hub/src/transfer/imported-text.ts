import type { ImportExportedSummary } from './import-exported.ts';

const SHOWN = 10;
const EXAMPLES = 5;

/** What became of an import, for the terminal. */
export function importedText(summary: ImportExportedSummary): string {
  const { readings, series, sent, rejected, rejections, outOfRange, described, hadManifest, differences } = summary;
  const { refusedDescriptions: refused } = summary;
  return [
    `${sent} readings sent, of ${readings} in the file; ${described} ${described === 1 ? 'device' : 'devices'} described.`,
    outOfRange === 0
      ? ''
      : `${outOfRange} of them lie outside the min and max of their metric; they are stored and flagged.`,
    rejected === 0 ? '' : `${rejected} were rejected, for instance: ${rejections.join('; ')}`,
    refused.length === 0
      ? ''
      : `The hub did not take ${refused.length} of what the file says of its devices: ${refused.slice(0, EXAMPLES).join('; ')}`,
    hadManifest
      ? ''
      : 'There is no manifest beside the file, so nothing told whether it is whole, or what its devices are.',
    ...(differences.length === 0
      ? [`Each of the ${series} series has in the hub the count and the checksum that it has in the file.`]
      : differences.slice(0, SHOWN)),
    differences.length > 0 && sent < readings ? 'The next import of this file sends all of it.' : '',
    differences.length > SHOWN ? `… and ${differences.length - SHOWN} more.` : '',
  ]
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('');
}
